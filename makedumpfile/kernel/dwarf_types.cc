// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/dwarf_types.h"

#include <fcntl.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "makedumpfile/kernel/dwarf_file.h"
#include "makedumpfile/kernel/dwarf_walk.h"

namespace kdump {
namespace {

using namespace dwarf;

constexpr int kMaxNesting = 16;  // of arrays in arrays, against damaged files

// Where a variable lies, of what it is told as an address.
std::optional<uint64_t> address_of(Dwarf_Die& die) {
  Dwarf_Attribute attribute;
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_attr_integrate(&die, DW_AT_location, &attribute) == nullptr ||
      dwarf_getlocation(&attribute, &operations, &count) != 0 || count != 1 ||
      operations[0].atom != DW_OP_addr)
    return std::nullopt;
  return operations[0].number;
}

bool is_flagged(Dwarf_Die& die, unsigned attribute) { return dwarf_hasattr_integrate(&die, attribute) != 0; }

// The variables of one name, in all units.
struct Namesakes {
  struct Definition {
    uint64_t address;
    bool external;
    Dwarf_Die die;
  };
  std::vector<Definition> definitions;
  std::optional<Dwarf_Die> declaration;

  void take(Dwarf_Die& die) {
    const auto address = address_of(die);
    if (!address) {
      if (!declaration) declaration = die;
      return;
    }
    if (std::ranges::find(definitions, *address, &Definition::address) == definitions.end())
      definitions.push_back({*address, is_flagged(die, DW_AT_external), die});
  }

  // nullptr: there is none, or nothing tells which.
  [[nodiscard]] Definition* chosen() {
    const auto external = std::ranges::find(definitions, true, &Definition::external);
    if (external != definitions.end()) return &*external;
    return definitions.size() == 1 ? definitions.data() : nullptr;
  }
};

class DwarfTypes final : public TypeSource {
 public:
  DwarfTypes(DwarfFile file, std::span<const std::string> variables) : file_(std::move(file)) {
    for (const std::string& name : variables) variables_.try_emplace(name);
  }

  Status read() {
    Dwarf_CU* unit = nullptr;
    Dwarf_Die die;
    int more = 0;
    while ((more = dwarf_get_units(file_.dwarf, unit, &unit, nullptr, nullptr, &die, nullptr)) == 0) {
      for_children(die, [this](Dwarf_Die& child) {
        take(child);
        return true;
      });
    }
    return more < 0 ? Status(damaged(file_.path)) : Status();
  }

  [[nodiscard]] const std::string& name() const override { return file_.path; }
  [[nodiscard]] const std::string& build_id() const override { return file_.build_id; }

  Result<std::optional<TypeVariable>> variable(std::string_view name) override {
    const auto found = variables_.find(name);
    if (found == variables_.end())
      return fail("{}: '{}' was not asked for when it was opened", file_.path, name);
    Namesakes& namesakes = found->second;
    if (auto* chosen = namesakes.chosen()) return placed(chosen->address, type_of(chosen->die));
    if (!namesakes.definitions.empty()) {
      return fail("{} variables of single files are named '{}', and nothing tells which is meant",
                  namesakes.definitions.size(), name);
    }
    const auto symbol = file_.symbols.find(name);
    if (symbol == file_.symbols.end()) return std::nullopt;
    return placed(symbol->second, namesakes.declaration ? type_of(*namesakes.declaration) : std::nullopt);
  }

  TypeId aggregate(std::string_view name) override {
    const auto found = aggregates_.find(name);
    return found == aggregates_.end() ? kNoType : id_of(found->second);
  }

  TypeInfo type(TypeId id) override {
    if (id == kNoType || id > dies_.size()) return {.name = "void"};
    return describe(dies_[id - 1], 0);
  }

  std::optional<TypeMember> member(TypeId aggregate, std::string_view name) override {
    if (aggregate == kNoType || aggregate > dies_.size()) return std::nullopt;
    Dwarf_Die owner = defined(dies_[aggregate - 1]);
    auto found = find_member(owner, name);
    if (!found) return std::nullopt;
    return TypeMember{.type = id_of(type_of(found->die)),
                      .offset = static_cast<uint64_t>(found->offset),
                      .is_bit_field = dwarf_hasattr(&found->die, DW_AT_bit_size) != 0};
  }

 private:
  void take(Dwarf_Die& die) {
    const int tag = dwarf_tag(&die);
    if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type) {
      const std::string_view name = name_of(die);
      if (!name.empty() && dwarf_hasattr(&die, DW_AT_declaration) == 0) aggregates_.try_emplace(name, die);
    } else if (tag == DW_TAG_variable) {
      const auto wanted = variables_.find(name_of(die));
      if (wanted != variables_.end()) wanted->second.take(die);
    }
  }

  std::optional<TypeVariable> placed(uint64_t address, std::optional<Dwarf_Die> type) {
    const bool is_per_cpu = address >= file_.per_cpu_begin && address < file_.per_cpu_end;
    return TypeVariable{.address = address, .type = id_of(type), .is_per_cpu = is_per_cpu};
  }

  TypeId id_of(const std::optional<Dwarf_Die>& die) {
    if (!die) return kNoType;
    dies_.push_back(*die);
    return static_cast<TypeId>(dies_.size());
  }

  // A struct that this unit only declares may be defined in another.
  Dwarf_Die defined(Dwarf_Die die) {
    if (dwarf_hasattr(&die, DW_AT_declaration) == 0) return die;
    const auto found = aggregates_.find(name_of(die));
    return found == aggregates_.end() ? die : found->second;
  }

  TypeInfo describe(Dwarf_Die die, int nesting) {
    switch (dwarf_tag(&die)) {
      case DW_TAG_structure_type:
      case DW_TAG_union_type:
        return describe_aggregate(defined(die));
      case DW_TAG_pointer_type:
        return {.kind = TypeKind::pointer, .name = {}, .size = size_of(die), .target = id_of(type_of(die))};
      case DW_TAG_array_type:
        return describe_array(die, nesting);
      case DW_TAG_base_type:
      case DW_TAG_enumeration_type:
        return describe_number(die);
      default:
        return {.name = std::string(name_of(die))};
    }
  }

  static uint64_t size_of(Dwarf_Die& die) {
    return static_cast<uint64_t>(unsigned_attribute(die, DW_AT_byte_size).value_or(0));
  }

  static TypeInfo describe_aggregate(Dwarf_Die die) {
    const bool is_union = dwarf_tag(&die) == DW_TAG_union_type;
    const bool is_known = dwarf_hasattr(&die, DW_AT_declaration) == 0;
    return {.kind = is_known ? TypeKind::aggregate : TypeKind::none,
            .name = fmt::format("{} {}", is_union ? "union" : "struct", name_of(die)),
            .size = size_of(die)};
  }

  static TypeInfo describe_number(Dwarf_Die& die) {
    const auto encoding = unsigned_attribute(die, DW_AT_encoding).value_or(DW_ATE_unsigned);
    return {.kind = TypeKind::number,
            .name = std::string(name_of(die)),
            .size = size_of(die),
            .is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char};
  }

  TypeInfo describe_array(Dwarf_Die& die, int nesting) {
    uint64_t count = 1;
    for_children(die, [&](Dwarf_Die& range) {
      if (dwarf_tag(&range) == DW_TAG_subrange_type)
        count *= static_cast<uint64_t>(std::min<int64_t>(dimension(range).value_or(0), INT32_MAX));
      return true;
    });
    auto element = type_of(die);
    const uint64_t size = element && nesting < kMaxNesting ? describe(*element, nesting + 1).size : 0;
    return {
        .kind = TypeKind::array, .name = {}, .size = count * size, .target = id_of(element), .count = count};
  }

  DwarfFile file_;
  std::map<std::string, Namesakes, std::less<>> variables_;
  // Names are in the file, which stays mapped.
  std::unordered_map<std::string_view, Dwarf_Die> aggregates_;
  std::vector<Dwarf_Die> dies_;  // by TypeId, from 1 on
};

}  // namespace

Result<std::unique_ptr<TypeSource>> open_dwarf_types(const std::string& path,
                                                     std::span<const std::string> variables) {
  auto types = std::make_unique<DwarfTypes>(TRY(open_vmlinux(path, variables)), variables);
  TRY(types->read());
  return types;
}

Result<std::unique_ptr<TypeSource>> open_module_types(const std::string& path, const std::string& module,
                                                      std::span<const std::string> variables) {
  DwarfFile file = TRY(open_module(path, module, variables));
  if (file.dwarf == nullptr) return nullptr;
  auto types = std::make_unique<DwarfTypes>(std::move(file), variables);
  TRY(types->read());
  return types;
}

}  // namespace kdump
