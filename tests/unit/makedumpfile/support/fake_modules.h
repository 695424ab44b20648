// SPDX-License-Identifier: GPL-2.0-or-later
// The list of modules of a dead kernel, and the kernel's types that lead through it.
#pragma once

#include <string>
#include <vector>

#include "common/endian.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"
#include "tests/unit/makedumpfile/support/fake_types.h"

namespace kdump::test {

// What kernels differ in.
struct ModuleShape {
  bool has_kallsyms = true;      // struct mod_kallsyms (from 4.5)
  bool has_notes = true;         // CONFIG_SYSFS
  uint64_t notes_attrs_at = 16;  // behind a count; behind an attribute_group from 6.14 on
};

struct FakeSymbol {
  std::string name;
  uint64_t value = 0;
  bool is_global = false;
  uint16_t section = 1;
};

// Lays out everything from `place` on, 64 KiB at most.
class FakeModuleList {
 public:
  static constexpr uint64_t kList = 8, kName = 24, kNameSize = 56, kKallsyms = 80, kNotes = 104,
                            kModuleSize = 112, kAttribute = 48, kSymbol = 24;

  FakeModuleList(FakeKernel& kernel, uint64_t place, ModuleShape shape = {})
      : kernel_(kernel), shape_(shape), head_(place), last_(place), free_(place + 16) {
    link(head_, head_);
  }

  // struct module and what belongs to it, and the head.
  static void declare(FakeTypes& types, uint64_t head, ModuleShape shape = {}) {
    TypeId list = types.aggregate("list_head");
    if (list == kNoType) list = types.structure("list_head", 16);
    const TypeId character = types.number("char", 1, true);
    const TypeId pointer = types.pointer(kNoType), count = types.number("unsigned int", 4);
    const TypeId module = types.structure("module", kModuleSize);
    types.add_member(module, "list", {list, kList});
    types.add_member(module, "name", {types.array(character, kNameSize), kName});
    const TypeId table = shape.has_kallsyms ? types.structure("mod_kallsyms", 32) : module;
    if (shape.has_kallsyms) types.add_member(module, "kallsyms", {types.pointer(table), kKallsyms});
    const uint64_t at = shape.has_kallsyms ? 0 : kKallsyms;
    types.add_member(table, "symtab", {pointer, at});
    types.add_member(table, "num_symtab", {count, at + 8});
    types.add_member(table, "strtab", {pointer, at + 16});
    if (shape.has_notes) declare_notes(types, module, shape);
    types.variable("modules", head, list);
  }

  // Its struct module.
  uint64_t add(const std::string& name, const std::vector<FakeSymbol>& symbols,
               const std::string& build_id = {}) {
    const uint64_t module = take(kModuleSize);
    link(last_, module + kList);
    link(module + kList, head_);
    last_ = module + kList;
    put_text(module + kName, name);
    add_symbols(module, symbols);
    if (shape_.has_notes) put(module + kNotes, build_id.empty() ? 0 : add_note(build_id));
    return module;
  }

  void link(uint64_t from, uint64_t to) { put(from, to); }
  void put(uint64_t addr, uint64_t value) {
    kernel_.vmcore().put_value<le64>(addr - FakeKernel::kImageBase, value);
  }

 private:
  static void declare_notes(FakeTypes& types, TypeId module, ModuleShape shape) {
    const TypeId pointer = types.pointer(kNoType), number = types.number("unsigned long", 8);
    types.add_member(module, "notes_attrs", {pointer, kNotes});
    const TypeId name = types.structure("attribute", 16);
    types.add_member(name, "name", {pointer, 0});
    const TypeId attribute = types.structure("bin_attribute", kAttribute);
    types.add_member(attribute, "attr", {name, 0});
    types.add_member(attribute, "size", {number, 16});
    types.add_member(attribute, "private", {pointer, 24});
    const TypeId notes = types.structure("module_notes_attrs", shape.notes_attrs_at);
    types.add_member(notes, "attrs", {types.array(attribute, 0), shape.notes_attrs_at});
  }

  void add_symbols(uint64_t module, const std::vector<FakeSymbol>& symbols) {
    uint64_t table = module + kKallsyms;
    if (shape_.has_kallsyms) put(module + kKallsyms, table = take(32));
    std::string names(1, '\0');
    const uint64_t symtab = take((symbols.size() + 1) * kSymbol);
    uint64_t at = symtab;
    for (const FakeSymbol& symbol : symbols) {
      const uint64_t entry = (at += kSymbol) - FakeKernel::kImageBase;
      const auto info = static_cast<uint8_t>(symbol.is_global ? 0x11 : 0x01);  // of an object
      kernel_.vmcore().put_value<le32>(entry, static_cast<uint32_t>(names.size()));
      kernel_.vmcore().put_value<uint8_t>(entry + 4, info);
      kernel_.vmcore().put_value<le16>(entry + 6, symbol.section);
      kernel_.vmcore().put_value<le64>(entry + 8, symbol.value);
      names += symbol.name + '\0';
    }
    const uint64_t strtab = take(names.size());
    put_text(strtab, names);
    put(table, symtab);
    put(table + 8, symbols.size() + 1);
    put(table + 16, strtab);
  }

  // Another note first, as modules have.
  uint64_t add_note(const std::string& build_id) {
    const uint64_t notes = take(shape_.notes_attrs_at + 3 * kAttribute);
    add_note_section(notes + shape_.notes_attrs_at, ".note.Linux", {6, 0, 0x100, 0x756e694c}, "");
    add_note_section(notes + shape_.notes_attrs_at + kAttribute, ".note.gnu.build-id",
                     {4, static_cast<uint32_t>(build_id.size()), 3, 0x554e47}, build_id);
    return notes;
  }

  void add_note_section(uint64_t attribute, const std::string& name, const std::vector<uint32_t>& header,
                        const std::string& bytes) {
    const uint64_t text = take(name.size() + 1), note = take(16 + bytes.size());
    put_text(text, name);
    for (size_t i = 0; i < header.size(); ++i)
      kernel_.vmcore().put_value<le32>(note + 4 * i - FakeKernel::kImageBase, header[i]);
    put_text(note + 16, bytes);
    put(attribute, text);
    put(attribute + 24, note);
  }

  void put_text(uint64_t addr, const std::string& text) {
    kernel_.vmcore().put(addr - FakeKernel::kImageBase, bytes_of(std::string_view(text)));
  }
  uint64_t take(uint64_t size) { return std::exchange(free_, free_ + (size + 15) / 16 * 16); }

  FakeKernel& kernel_;
  ModuleShape shape_;
  uint64_t head_, last_, free_;
};

}  // namespace kdump::test
