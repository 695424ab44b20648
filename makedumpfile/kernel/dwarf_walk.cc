// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/dwarf_walk.h"

namespace kdump::dwarf {
namespace {

constexpr int kMaxNesting = 16;  // of unnamed structs in each other, against damaged files

std::optional<Member> find_nested(Dwarf_Die& type, std::string_view name, int nesting);

// The member itself, or one of the unnamed struct that it is.
std::optional<Member> match_member(Dwarf_Die& die, std::string_view name, int nesting) {
  const int64_t offset = member_offset(die);
  const std::string_view own_name = name_of(die);
  if (own_name == name) return Member{die, offset};
  auto type = own_name.empty() ? type_of(die) : std::nullopt;
  auto inner = type ? find_nested(*type, name, nesting + 1) : std::nullopt;
  if (inner) inner->offset += offset;
  return inner;
}

std::optional<Member> find_nested(Dwarf_Die& type, std::string_view name, int nesting) {
  std::optional<Member> found;
  if (nesting > kMaxNesting) return found;
  for_children(type, [&](Dwarf_Die& die) {
    if (dwarf_tag(&die) == DW_TAG_member) found = match_member(die, name, nesting);
    return !found;
  });
  return found;
}

}  // namespace

std::string_view name_of(Dwarf_Die& die) {
  const char* name = dwarf_diename(&die);
  return name == nullptr ? std::string_view() : std::string_view(name);
}

std::optional<int64_t> unsigned_attribute(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found;
  Dwarf_Word value = 0;
  if (dwarf_attr_integrate(&die, attribute, &found) == nullptr || dwarf_formudata(&found, &value) != 0)
    return std::nullopt;
  return static_cast<int64_t>(value);
}

int64_t member_offset(Dwarf_Die& member) {
  return unsigned_attribute(member, DW_AT_data_member_location).value_or(0);
}

std::optional<Dwarf_Die> peeled(Dwarf_Die& type) {
  Dwarf_Die result;
  return dwarf_peel_type(&type, &result) == 0 ? std::optional(result) : std::nullopt;
}

std::optional<Dwarf_Die> type_of(Dwarf_Die& die) {
  Dwarf_Attribute attribute;
  Dwarf_Die type;
  if (dwarf_attr_integrate(&die, DW_AT_type, &attribute) == nullptr ||
      dwarf_formref_die(&attribute, &type) == nullptr)
    return std::nullopt;
  return peeled(type);
}

std::optional<int64_t> dimension(Dwarf_Die& subrange) {
  if (const auto count = unsigned_attribute(subrange, DW_AT_count)) return count;
  const auto last = unsigned_attribute(subrange, DW_AT_upper_bound);
  // -1 stands for a flexible array.
  if (!last || *last < 0 || *last >= UINT32_MAX) return std::nullopt;
  return *last + 1;
}

std::optional<Member> find_member(Dwarf_Die& type, std::string_view name) {
  return find_nested(type, name, 0);
}

}  // namespace kdump::dwarf
