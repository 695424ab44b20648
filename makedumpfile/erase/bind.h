// SPDX-License-Identifier: GPL-2.0-or-later
// Erase rules held against a kernel's types: what is left is addresses, offsets and pointers to follow, so
// that carrying them out (evaluate.h) needs neither types nor the file that has them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "makedumpfile/erase/loaded_modules.h"
#include "makedumpfile/erase/rules.h"
#include "makedumpfile/kernel/named_facts.h"
#include "makedumpfile/kernel/type_source.h"

namespace kdump {

// From a place to the next: the pointer there is followed or not, then comes an offset in bytes.
struct BoundStep {
  bool follow = false;
  uint64_t offset = 0;
  bool operator==(const BoundStep&) const = default;
};

struct BoundPath {
  std::string symbol;  // empty: begins at the loop's element; of a module's: symbol_of_module
  bool is_per_cpu = false;
  std::vector<BoundStep> steps;
  bool operator==(const BoundPath&) const = default;
};

// A number in the kernel's memory.
struct BoundNumber {
  BoundPath path;
  bool follow = false;  // the path leads to a pointer to it
  unsigned bytes = 0;   // 1, 2, 4 or 8
  bool is_signed = false;
  bool operator==(const BoundNumber&) const = default;
};

enum class EraseTarget {
  object,   // what the path leads to
  pointed,  // what the pointer there points to
  text,     // that, up to its NUL
  pointer,  // the pointer itself becomes 0
};

struct BoundErase {
  std::string text;  // the path as it was written
  RulePlace place;
  BoundPath path;
  EraseTarget target = EraseTarget::object;
  uint64_t bytes = 0;               // of the target; of text: at most
  std::optional<BoundNumber> size;  // in place of `bytes`
  bool operator==(const BoundErase&) const = default;
};

enum class LoopKind {
  once,   // no loop: the body is carried out once
  array,  // elements side by side
  chain,  // a member of each points to the next, up to NULL or the first
  list,   // struct list_head: links in a ring, with the head among them
};

struct BoundLoop {
  LoopKind kind = LoopKind::once;
  std::string text;  // the list as it was written
  RulePlace place;
  BoundPath path;       // array and list: to the first element and the head; chain: to the first element,
  bool follow = false;  // or a pointer to it
  uint64_t element_size = 0;    // array
  uint64_t count = 0;           // array
  std::vector<BoundStep> next;  // chain: from an element to the pointer to the next
  uint64_t link_offset = 0;     // list: of the pointer to the next link in a link
  uint64_t member_offset = 0;   // list: of the link in an element
  bool operator==(const BoundLoop&) const = default;
};

struct BoundRule {
  std::string module;  // empty: the kernel itself
  BoundLoop loop;
  std::vector<BoundErase> body;
};

// A module with a section of its own.
struct BoundModule {
  RulePlace place;                   // of the first
  std::string missing;               // why there are none of its rules here: without debug information
  std::string file;                  // that has its debug information
  std::string build_id;              // of that; empty where it is not known
  std::vector<std::string> symbols;  // that its rules begin with, each once
};

struct BoundRules {
  std::string file;  // the rules', for messages
  std::vector<BoundRule> rules;
  std::map<std::string, uint64_t, std::less<>> symbols;  // the kernel's, as linked
  std::map<std::string, BoundModule, std::less<>> modules;
  ModuleLayout module_layout;  // where there are modules

  [[nodiscard]] bool empty() const { return rules.empty() && modules.empty(); }
  // The symbols as named facts: KASLR moves them as it moves those. Evaluation finds them there.
  void add_symbols(NamedFacts& named) const;
};

// By what key of a fact a rule's symbol goes. Not by the symbol's own: VMCOREINFO's SYMBOL(mem_section) is
// not where mem_section lies.
std::string symbol_fact(std::string_view symbol);

// The head of the kernel's list of modules.
inline constexpr std::string_view kModulesSymbol = "modules";
// By what name a BoundPath begins with a module's symbol.
std::string symbol_of_module(std::string_view module, std::string_view symbol);

// The symbols that rules begin with, each once, and what finds modules: what the kernel's TypeSource must be
// able to tell.
std::vector<std::string> symbols_of(const EraseRules& rules);

// Of the rules of a module nothing is bound where `modules` has no debug information of it. Errors name file,
// line and column: an unknown symbol, struct or member, a type that a command makes no sense with, a size
// that nothing tells.
Result<BoundRules> bind_rules(const EraseRules& rules, TypeSource& kernel, ModuleTypeSource& modules);

}  // namespace kdump
