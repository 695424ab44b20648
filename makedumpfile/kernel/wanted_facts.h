// SPDX-License-Identifier: GPL-2.0-or-later
// Everything the tool asks of a kernel beyond what VMCOREINFO happens to tell: one table, a row a fact, for
// every provider that can look a name up (kallsyms and BTF in the dead kernel's memory, a vmlinux the user
// named). The table, and the recipe for a new row, are in wanted_facts.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kdump {

enum class FactKind { symbol, size, offset, length, number };

// Where a provider looks.
struct FactPlace {
  FactKind kind;
  // size: the type (struct, union or typedef); offset and length: the struct or union; number: the enum.
  std::string_view owner;
  // symbol: its name; offset: a member; length: a member that is an array; number: the enumerator.
  std::string_view name;
};

struct WantedFact {
  std::string_view key;  // spelled as in VMCOREINFO: "OFFSET(page.flags)"
  // "struct.member", "type" or "enum.enumerator"; empty: it is what the key has in its parentheses.
  std::string_view place = {};
  // What the fact is, made from what the place says; null: the same.
  int64_t (*derive)(int64_t told) = nullptr;
};

// Rows with the same key are alternatives: the first that a provider can tell holds.
std::span<const WantedFact> wanted_facts();

// The kind of a key, or nullopt for a text ("OSRELEASE").
std::optional<FactKind> kind_of(std::string_view key);
FactPlace place_of(const WantedFact& wanted);

}  // namespace kdump
