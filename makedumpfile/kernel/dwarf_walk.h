// SPDX-License-Identifier: GPL-2.0-or-later
// Small steps through DWARF, for the files here that include libdw: none of them trusts what it reads.
#pragma once

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace kdump::dwarf {

struct Closer {
  void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};
using Handle = std::unique_ptr<Dwarf, Closer>;

// Empty for what has no name.
std::string_view name_of(Dwarf_Die& die);
std::optional<int64_t> unsigned_attribute(Dwarf_Die& die, unsigned attribute);
// Of a member; in a union there is no DW_AT_data_member_location, and it is 0.
int64_t member_offset(Dwarf_Die& member);
// The type itself, without typedefs and qualifiers; nullopt for void.
std::optional<Dwarf_Die> peeled(Dwarf_Die& type);
std::optional<Dwarf_Die> type_of(Dwarf_Die& die);
// Elements of one dimension of an array; nullopt where the bound is open.
std::optional<int64_t> dimension(Dwarf_Die& subrange);

// Calls `visit` with each child until it says false. In a damaged file a sibling may lie before: that is the
// end.
template <typename Visit>
void for_children(Dwarf_Die parent, Visit visit) {
  Dwarf_Die child;
  Dwarf_Off last = dwarf_dieoffset(&parent);
  int more = dwarf_child(&parent, &child);
  while (more == 0 && dwarf_dieoffset(&child) > last && visit(child)) {
    last = dwarf_dieoffset(&child);
    Dwarf_Die next;
    more = dwarf_siblingof(&child, &next);
    child = next;
  }
}

struct Member {
  Dwarf_Die die;
  int64_t offset;
};

// A member of a struct or union; one of an unnamed struct in it counts, too.
std::optional<Member> find_member(Dwarf_Die& type, std::string_view name);

}  // namespace kdump::dwarf
