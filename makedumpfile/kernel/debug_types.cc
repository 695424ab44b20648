// SPDX-License-Identifier: GPL-2.0-or-later
// The one file that includes libdw.
#include "makedumpfile/kernel/debug_types.h"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <map>
#include <memory>

namespace kdump {
namespace {

constexpr int kMaxNesting = 16;  // of unnamed structs in each other, against damaged files

struct DwarfCloser {
  void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};

std::string_view name_of(Dwarf_Die& die) {
  const char* name = dwarf_diename(&die);
  return name == nullptr ? std::string_view() : std::string_view(name);
}

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

std::optional<int64_t> unsigned_attribute(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found;
  Dwarf_Word value = 0;
  if (dwarf_attr_integrate(&die, attribute, &found) == nullptr || dwarf_formudata(&found, &value) != 0)
    return std::nullopt;
  return static_cast<int64_t>(value);
}

// Compilers choose DW_FORM_sdata for negative ones; the other forms hold the bits of numbers that are not.
std::optional<int64_t> enumerator_value(Dwarf_Die& die) {
  Dwarf_Attribute found;
  if (dwarf_attr(&die, DW_AT_const_value, &found) == nullptr) return std::nullopt;
  const unsigned form = dwarf_whatform(&found);
  if (form != DW_FORM_sdata && form != DW_FORM_implicit_const)
    return unsigned_attribute(die, DW_AT_const_value);
  Dwarf_Sword value = 0;
  return dwarf_formsdata(&found, &value) == 0 ? std::optional<int64_t>(value) : std::nullopt;
}

// The type itself, without typedefs and qualifiers; nullopt for void.
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

// Elements in the first dimension of an array whose bound is given.
std::optional<int64_t> array_length(Dwarf_Die& die) {
  auto type = type_of(die);
  if (!type || dwarf_tag(&*type) != DW_TAG_array_type) return std::nullopt;
  std::optional<int64_t> length;
  for_children(*type, [&](Dwarf_Die& range) {
    length = unsigned_attribute(range, DW_AT_count);
    const auto last = unsigned_attribute(range, DW_AT_upper_bound);
    // -1 stands for a flexible array.
    if (!length && last && *last >= 0 && *last < UINT32_MAX) length = *last + 1;
    return false;
  });
  return length;
}

struct Member {
  Dwarf_Die die;
  int64_t offset;
};

std::optional<Member> find_member(Dwarf_Die& type, std::string_view name, int nesting = 0);

// The member itself, or one of the unnamed struct that it is. In a union there is no
// DW_AT_data_member_location.
std::optional<Member> match_member(Dwarf_Die& die, std::string_view name, int nesting) {
  const int64_t offset = unsigned_attribute(die, DW_AT_data_member_location).value_or(0);
  const std::string_view own_name = name_of(die);
  if (own_name == name) return Member{die, offset};
  auto type = own_name.empty() ? type_of(die) : std::nullopt;
  auto inner = type ? find_member(*type, name, nesting + 1) : std::nullopt;
  if (inner) inner->offset += offset;
  return inner;
}

std::optional<Member> find_member(Dwarf_Die& type, std::string_view name, int nesting) {
  std::optional<Member> found;
  if (nesting > kMaxNesting) return found;
  for_children(type, [&](Dwarf_Die& die) {
    if (dwarf_tag(&die) == DW_TAG_member) found = match_member(die, name, nesting);
    return !found;
  });
  return found;
}

std::optional<int64_t> enumerator(Dwarf_Die& type, std::string_view name) {
  std::optional<int64_t> found;
  for_children(type, [&](Dwarf_Die& die) {
    if (name_of(die) == name) found = enumerator_value(die);
    return !found;
  });
  return found;
}

// The answer of the type, struct, enum or variable that `place` names.
std::optional<int64_t> answer(const FactPlace& place, Dwarf_Die owner) {
  switch (place.kind) {
    case FactKind::size:
      return unsigned_attribute(owner, DW_AT_byte_size);
    case FactKind::number:
      return enumerator(owner, place.name);
    case FactKind::offset: {
      auto member = find_member(owner, place.name);
      const bool at_byte = member && dwarf_hasattr(&member->die, DW_AT_bit_size) == 0;
      return at_byte ? std::optional(member->offset) : std::nullopt;
    }
    case FactKind::length: {
      if (place.name.empty()) return array_length(owner);
      auto member = find_member(owner, place.name);
      return member ? array_length(member->die) : std::nullopt;
    }
    case FactKind::symbol:
      break;
  }
  return std::nullopt;
}

// Types and variables by name, nullopt until one is found. Both may have the same name.
using Definitions = std::map<std::string_view, std::optional<Dwarf_Die>>;

bool is_variable(const FactPlace& place) { return place.kind == FactKind::length && place.name.empty(); }

class Finder {
 public:
  explicit Finder(std::span<const FactPlace> places) {
    for (const FactPlace& place : places) definitions_of(place).try_emplace(place.owner);
    missing_ = types_.size() + variables_.size();
  }

  [[nodiscard]] bool is_done() const { return missing_ == 0; }

  void visit(Dwarf_Die& die) {
    switch (dwarf_tag(&die)) {
      case DW_TAG_structure_type:
      case DW_TAG_union_type:
      case DW_TAG_enumeration_type:
      case DW_TAG_typedef:
        take_type(die);
        break;
      case DW_TAG_variable:
        take_variable(die);
        break;
      default:
        break;
    }
  }

  std::optional<int64_t> ask(const FactPlace& place) {
    const auto& owner = definitions_of(place)[place.owner];
    return owner ? answer(place, *owner) : std::nullopt;
  }

 private:
  Definitions& definitions_of(const FactPlace& place) { return is_variable(place) ? variables_ : types_; }

  // A typedef counts for what it names, which may be unknown in this unit.
  void take_type(Dwarf_Die& die) {
    const auto wanted = types_.find(name_of(die));
    if (wanted == types_.end() || wanted->second) return;
    auto type = peeled(die);
    if (!type || dwarf_hasattr_integrate(&*type, DW_AT_byte_size) == 0) return;
    wanted->second = *type;
    --missing_;
  }

  // A declaration elsewhere may leave the bound open.
  void take_variable(Dwarf_Die& die) {
    const auto wanted = variables_.find(name_of(die));
    if (wanted == variables_.end() || wanted->second || !array_length(die)) return;
    wanted->second = die;
    --missing_;
  }

  Definitions types_;
  Definitions variables_;
  size_t missing_ = 0;
};

}  // namespace

Result<std::vector<std::optional<int64_t>>> ask_debug_types(int fd, const std::string& file,
                                                            std::span<const FactPlace> places) {
  const std::unique_ptr<Dwarf, DwarfCloser> dwarf(dwarf_begin(fd, DWARF_C_READ));
  if (!dwarf) return fail(ErrorKind::corrupt, "{}: debug information: {}", file, dwarf_errmsg(-1));
  Finder finder(places);
  Dwarf_CU* unit = nullptr;
  Dwarf_Die die;
  int more = 0;
  while (!finder.is_done() &&
         (more = dwarf_get_units(dwarf.get(), unit, &unit, nullptr, nullptr, &die, nullptr)) == 0) {
    for_children(die, [&finder](Dwarf_Die& child) {
      finder.visit(child);
      return true;
    });
  }
  if (more < 0) return fail(ErrorKind::corrupt, "{}: debug information: {}", file, dwarf_errmsg(-1));
  std::vector<std::optional<int64_t>> answers;
  for (const FactPlace& place : places) answers.push_back(finder.ask(place));
  return answers;
}

}  // namespace kdump
