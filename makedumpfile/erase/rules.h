// SPDX-License-Identifier: GPL-2.0-or-later
// The rules of makedumpfile.conf(5) as plain data: what of the kernel's memory is erased from a dump.
//
//   file       := { section }
//   section    := [ "[" NAME "]" ] { command }         NAME: vmlinux (also without a header) or a module
//   command    := erase | loop
//   erase      := "erase" path [ "size" ( number | path ) | "nullify" ]
//   loop       := "for" NAME "in" path [ "via" path | "within" NAME [ ":" path ] ] { erase } "endfor"
//   path       := NAME { "." NAME }                    one word
//   number     := DIGITS [ "K" | "M" ]                 bytes, 1024-based, any case, at most 1024M
//
// Words are separated by blanks and line ends; a section's header stands on a line of its own; "#" begins a
// comment that ends with the line. In a loop every path of "erase" begins with the loop's NAME, that of
// "size" may.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace kdump {

// Where a word stands, both from 1 on.
struct RulePlace {
  unsigned line = 0;
  unsigned column = 0;
  bool operator==(const RulePlace&) const = default;
};

// A symbol or the loop's variable, and the members that lead on from it.
struct RulePath {
  std::vector<std::string> names;
  RulePlace place;
  bool operator==(const RulePath&) const = default;

  [[nodiscard]] std::string text() const;  // as it was written
};

struct EraseCommand {
  RulePath what;
  std::optional<uint64_t> bytes;  // size NUMBER
  std::optional<RulePath> size;   // size PATH
  bool nullify = false;
  bool operator==(const EraseCommand&) const = default;
};

struct LoopHead {
  std::string variable;
  RulePath list;
  std::optional<RulePath> via;  // the member that points to the next element
  // The struct that the elements are, and its member of type list_head; "list" where the rules name none.
  std::string within;
  RulePath within_member;
  RulePlace place;
  bool operator==(const LoopHead&) const = default;
};

// One command: an erase alone, or a loop with those in it.
struct EraseRule {
  std::string module;  // "vmlinux" or a module's name
  RulePlace module_place;
  std::optional<LoopHead> loop;
  std::vector<EraseCommand> body;
  bool operator==(const EraseRule&) const = default;
};

struct EraseRules {
  std::string file;  // for messages
  std::vector<EraseRule> rules;
};

inline constexpr std::string_view kVmlinuxSection = "vmlinux";
// The most that one command erases of one object; what memory says is held against it, too.
inline constexpr uint64_t kMaxErasedBytes = uint64_t{1} << 30;

// The text of a file named `file`. Errors name it, the line and the column, what was found there and what
// belongs there.
Result<EraseRules> parse_erase_rules(std::string_view text, std::string file);

// "FILE:LINE:COLUMN: …", as all complaints about rules begin.
template <typename... Args>
Failure fail_at(const std::string& file, const RulePlace& place, fmt::format_string<Args...> format,
                Args&&... args) {
  return fail(ErrorKind::usage, "{}:{}:{}: {}", file, place.line, place.column,
              fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace kdump
