// SPDX-License-Identifier: GPL-2.0-or-later
// Types and variables as a test makes them.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "makedumpfile/kernel/type_source.h"

namespace kdump::test {

class FakeTypes final : public TypeSource {
 public:
  using Members = std::map<std::string, TypeMember, std::less<>>;

  TypeId number(const std::string& name, uint64_t size, bool is_signed = false) {
    return add({.kind = TypeKind::number, .name = name, .size = size, .is_signed = is_signed});
  }
  TypeId pointer(TypeId target) {
    return add({.kind = TypeKind::pointer, .name = {}, .size = 8, .target = target});
  }
  TypeId array(TypeId element, uint64_t count) {
    return add({.kind = TypeKind::array,
                .name = {},
                .size = count * type(element).size,
                .target = element,
                .count = count});
  }
  TypeId structure(const std::string& name, uint64_t size, Members members = {}) {
    const TypeId id = add({.kind = TypeKind::aggregate, .name = "struct " + name, .size = size});
    aggregates_[name] = id;
    members_[id] = std::move(members);
    return id;
  }
  // Declared, and defined nowhere.
  TypeId unknown(const std::string& name) { return add({.kind = TypeKind::none, .name = "struct " + name}); }
  void add_member(TypeId owner, const std::string& name, TypeMember member) {
    members_[owner][name] = member;
  }
  void variable(const std::string& name, uint64_t address, TypeId type, bool is_per_cpu = false) {
    variables_[name] = {address, type, is_per_cpu};
  }
  void ambiguous(const std::string& name) { ambiguous_.insert(name); }

  void set_name(const std::string& name) { name_ = name; }
  void set_build_id(const std::string& id) { build_id_ = id; }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] const std::string& build_id() const override { return build_id_; }
  Result<std::optional<TypeVariable>> variable(std::string_view name) override {
    if (ambiguous_.contains(name)) return fail("2 variables of single files are named '{}'", name);
    const auto found = variables_.find(name);
    return found == variables_.end() ? std::nullopt : std::optional(found->second);
  }
  TypeId aggregate(std::string_view name) override {
    const auto found = aggregates_.find(name);
    return found == aggregates_.end() ? kNoType : found->second;
  }
  TypeInfo type(TypeId id) override { return id == kNoType ? TypeInfo{.name = "void"} : types_[id - 1]; }
  std::optional<TypeMember> member(TypeId aggregate, std::string_view name) override {
    const auto found = members_[aggregate].find(name);
    return found == members_[aggregate].end() ? std::nullopt : std::optional(found->second);
  }

 private:
  TypeId add(TypeInfo info) {
    types_.push_back(std::move(info));
    return static_cast<TypeId>(types_.size());
  }

  std::string name_ = "vmlinux";
  std::string build_id_;
  std::vector<TypeInfo> types_;
  std::map<TypeId, Members> members_;
  std::map<std::string, TypeId, std::less<>> aggregates_;
  std::map<std::string, TypeVariable, std::less<>> variables_;
  std::set<std::string, std::less<>> ambiguous_;
};

// Debug information of modules, by their names.
class FakeModules final : public ModuleTypeSource {
 public:
  std::map<std::string, FakeTypes, std::less<>> modules;

  Result<ModuleTypes> open(std::string_view module, std::span<const std::string> /*variables*/) override {
    const auto found = modules.find(module);
    if (found == modules.end()) return ModuleTypes{nullptr, fmt::format("no {}.ko in /lab", module)};
    return ModuleTypes{std::make_unique<FakeTypes>(found->second), {}};
  }
};

// What a kernel module could have, after the example of makedumpfile.conf(5):
//   struct item { struct item *next; struct list_head list; char secret[16]; void *key; int key_size;
//                 char *text; struct item *other; u8 *bytes; struct hidden *hidden; unsigned bit : 1; };
//   struct item start, *first, items[3], *slots[3]; struct list_head head, *head_pointer; char buffer[100];
//   int number, flexible[]; long cpu_number (per-CPU).
struct FakeProgram {
  static constexpr uint64_t kBase = 0xffffffff80200000, kItem = 128;
  static constexpr uint64_t kStart = kBase, kFirst = kBase + 0x100, kItems = kBase + 0x200,
                            kSlots = kBase + 0x400, kHead = kBase + 0x500, kHeadPointer = kBase + 0x510,
                            kBuffer = kBase + 0x600, kNumber = kBase + 0x700, kFlexible = kBase + 0x800,
                            kPerCpu = 0x40;
  static constexpr uint64_t kNext = 0, kList = 8, kSecret = 24, kKey = 40, kKeySize = 48, kText = 56,
                            kOther = 64, kBytes = 72, kHidden = 80;

  FakeTypes types;

  FakeProgram() {
    const TypeId character = types.number("char", 1, true), byte = types.number("unsigned char", 1);
    const TypeId integer = types.number("int", 4, true), word = types.number("long int", 8, true);
    const TypeId list = types.structure("list_head", 16);
    for (const auto& [name, at] : {std::pair("next", 0), {"prev", 8}})
      types.add_member(list, name, {types.pointer(list), static_cast<uint64_t>(at)});
    const TypeId item = types.structure("item", kItem);
    const TypeId to_item = types.pointer(item);
    for (const auto& [name, member] : std::initializer_list<std::pair<const char*, TypeMember>>{
             {"next", {to_item, kNext}},
             {"list", {list, kList}},
             {"secret", {types.array(character, 16), kSecret}},
             {"key", {types.pointer(kNoType), kKey}},
             {"key_size", {integer, kKeySize}},
             {"text", {types.pointer(character), kText}},
             {"other", {to_item, kOther}},
             {"bytes", {types.pointer(byte), kBytes}},
             {"hidden", {types.pointer(types.unknown("hidden")), kHidden}},
             {"bit", {integer, 88, true}}})
      types.add_member(item, name, member);
    types.variable("start", kStart, item);
    types.variable("first", kFirst, to_item);
    types.variable("items", kItems, types.array(item, 3));
    types.variable("one_item", kItems, types.array(item, 1));
    types.variable("slots", kSlots, types.array(to_item, 3));
    types.variable("head", kHead, list);
    types.variable("head_pointer", kHeadPointer, types.pointer(list));
    types.variable("buffer", kBuffer, types.array(character, 100));
    types.variable("number", kNumber, integer);
    types.variable("flexible", kFlexible, types.array(integer, 0));
    types.variable("untyped", kFlexible, kNoType);
    types.variable("cpu_number", kPerCpu, word, true);
    types.ambiguous("twice");
  }
};

}  // namespace kdump::test
