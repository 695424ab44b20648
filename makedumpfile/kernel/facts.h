// SPDX-License-Identifier: GPL-2.0-or-later
// What is known of the kernel, by name: every fact is optional, and says where it comes from. Nobody asks for
// the kernel's version; who needs a fact asks for it and says what its absence means.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/units.h"
#include "makedumpfile/vmcore/vmcoreinfo.h"

namespace kdump {

// In the order in which they are asked: what one provider says, no later one changes.
enum class FactSource {
  vmcoreinfo,  // the kernel said so
  btf,         // the types in the dead kernel's own memory
  kallsyms,    // the symbol table in the dead kernel's own memory
  named_file,  // a vmlinux (-x) or a text of VMCOREINFO lines (-i) that the user named
  inferred,    // follows from the shape of other facts (inferred.h)
};

// "vmcoreinfo", "btf", …, as reports show it.
std::string_view name_of(FactSource source);

struct Fact {
  int64_t value;
  FactSource source;
};

// Two providers that know the same kernel say different things.
struct Contradiction {
  std::string key;
  Fact held;   // that is in use
  Fact other;  // that came later
};

class Facts {
 public:
  // Takes every SYMBOL, SIZE, OFFSET, LENGTH and NUMBER line whose value is one; the others stay texts.
  explicit Facts(Vmcoreinfo vmcoreinfo);

  // Keys are spelled as in VMCOREINFO: "OFFSET(page.flags)".
  [[nodiscard]] std::optional<Fact> find(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const { return find(key).has_value(); }
  // Adds what a later provider says; a fact that is there stays, and the difference is noted.
  void add(std::string_view key, int64_t value, FactSource source);
  [[nodiscard]] const std::vector<Contradiction>& contradictions() const { return contradictions_; }
  // Every fact by its key, for whoever lists them.
  [[nodiscard]] const std::map<std::string, Fact, std::less<>>& all() const { return facts_; }

  [[nodiscard]] std::optional<VirtAddr> symbol(std::string_view name) const;
  [[nodiscard]] std::optional<uint64_t> size(std::string_view type) const;      // bytes
  [[nodiscard]] std::optional<uint64_t> offset(std::string_view member) const;  // bytes
  [[nodiscard]] std::optional<uint64_t> length(std::string_view array) const;   // elements
  [[nodiscard]] std::optional<int64_t> number(std::string_view name) const;
  // A line that is no typed fact: "OSRELEASE", "PAGESIZE", "CRASHTIME".
  [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const;

  // The same, where nothing goes on without it: the error names what is missing.
  [[nodiscard]] Result<VirtAddr> need_symbol(std::string_view name) const;
  [[nodiscard]] Result<uint64_t> need_size(std::string_view type) const;
  [[nodiscard]] Result<uint64_t> need_offset(std::string_view member) const;
  [[nodiscard]] Result<int64_t> need_number(std::string_view name) const;

 private:
  [[nodiscard]] std::optional<uint64_t> unsigned_value(std::string_view kind, std::string_view name) const;

  Vmcoreinfo vmcoreinfo_;
  std::map<std::string, Fact, std::less<>> facts_;
  std::vector<Contradiction> contradictions_;
};

}  // namespace kdump
