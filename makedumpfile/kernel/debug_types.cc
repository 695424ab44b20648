// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/debug_types.h"

#include <map>

#include "makedumpfile/kernel/dwarf_walk.h"

namespace kdump {
namespace {

using namespace dwarf;

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

// Elements in the first dimension of an array whose bound is given.
std::optional<int64_t> array_length(Dwarf_Die& die) {
  auto type = type_of(die);
  if (!type || dwarf_tag(&*type) != DW_TAG_array_type) return std::nullopt;
  std::optional<int64_t> length;
  for_children(*type, [&](Dwarf_Die& range) {
    length = dimension(range);
    return false;
  });
  return length;
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
  const Handle dwarf(dwarf_begin(fd, DWARF_C_READ));
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
