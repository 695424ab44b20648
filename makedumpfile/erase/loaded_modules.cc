// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/erase/loaded_modules.h"

#include <algorithm>
#include <array>

#include "common/layout/elf.h"
#include "common/text.h"
#include "makedumpfile/erase/circle_watch.h"

namespace kdump {
namespace {

constexpr uint32_t kMaxSymbols = 1U << 18;  // the largest modules have some 100,000
constexpr size_t kMaxModules = 1U << 16;
constexpr size_t kMaxNotes = 16;
constexpr uint32_t kMaxBuildId = 64;      // bytes
constexpr uint64_t kSmallestPage = 4096;  // bytes: nothing is mapped by less

using Symbol = elf::Sym64<Little>;

struct GnuNote {
  elf::Nhdr<Little> header;
  std::array<char, 4> name;
};
static_assert(sizeof(GnuNote) == 16);
constexpr std::array<char, 4> kGnu = {'G', 'N', 'U', '\0'};

Result<VirtAddr> pointer_at(VirtualReader& memory, VirtAddr addr) {
  return VirtAddr(TRY(memory.read_value<le64>(addr)));
}

// Up to its NUL, at most `most` bytes; what cannot be read ends it, too.
std::string text_at(VirtualReader& memory, VirtAddr addr, size_t most) {
  std::string text(most, '\0');
  // A text may lie at the end of what is mapped.
  while (!text.empty() && !memory.read(addr, std::as_writable_bytes(std::span(text)))) {
    const uint64_t crossed = (addr + text.size()).value() % kSmallestPage;
    text.resize(crossed == 0 || crossed >= text.size() ? 0 : text.size() - crossed);
  }
  return text.substr(0, text.find('\0'));
}

// The members of one struct, each needed.
class Members {
 public:
  Members(TypeSource& types, std::string_view owner)
      : types_(types), owner_(owner), id_(types.aggregate(owner)) {}

  [[nodiscard]] bool has(std::string_view name) { return types_.member(id_, name).has_value(); }
  Result<TypeMember> need(std::string_view name) {
    const auto member = types_.member(id_, name);
    if (member) return *member;
    return fail(ErrorKind::unsupported,
                "{}: struct {} has no member '{}': this kernel's modules are not known", types_.name(),
                owner_, name);
  }
  Result<uint64_t> offset(std::string_view name) { return TRY(need(name)).offset; }
  [[nodiscard]] uint64_t size() const { return types_.type(id_).size; }

 private:
  TypeSource& types_;
  std::string_view owner_;
  TypeId id_;
};

Result<ModuleLayout::Notes> notes_layout(TypeSource& types) {
  Members attribute(types, "bin_attribute");
  ModuleLayout::Notes notes;
  notes.pointer = TRY(Members(types, "module").offset("notes_attrs"));
  notes.attrs = TRY(Members(types, "module_notes_attrs").offset("attrs"));
  notes.attr_size = attribute.size();
  notes.name = TRY(attribute.offset("attr")) + TRY(Members(types, "attribute").offset("name"));
  notes.private_ = TRY(attribute.offset("private"));
  return notes;
}

// One module's table of symbols.
class SymbolTable {
 public:
  explicit SymbolTable(VirtualReader& memory) : memory_(memory) {}

  Status find(const ModuleLayout& layout, VirtAddr module) {
    const VirtAddr place = layout.kallsyms ? TRY(pointer_at(memory_, module + *layout.kallsyms)) : module;
    symtab_ = TRY(pointer_at(memory_, place + layout.symtab));
    strtab_ = TRY(pointer_at(memory_, place + layout.strtab));
    count_ = TRY(memory_.read_value<le32>(place + layout.num_symtab));
    if (count_ <= kMaxSymbols) return {};
    return fail(ErrorKind::corrupt, "{} symbols, expected at most {}", count_, kMaxSymbols);
  }

  // Calls visit(symbol) for each but the first, which is none.
  template <typename Visit>
  Status for_each(Visit visit) {
    std::array<Symbol, 128> some{};
    for (uint32_t first = 1; first < count_; first += some.size()) {
      const auto part = std::span(some).first(std::min<size_t>(some.size(), count_ - first));
      TRY(memory_.read(symtab_ + uint64_t{first} * sizeof(Symbol), std::as_writable_bytes(part)));
      for (const Symbol& symbol : part) visit(symbol);
    }
    return {};
  }

  std::string name_of(const Symbol& symbol, size_t most) {
    return text_at(memory_, strtab_ + symbol.st_name, most);
  }

 private:
  VirtualReader& memory_;
  VirtAddr symtab_, strtab_;
  uint32_t count_ = 0;
};

// What of the symbols of one name is meant: the global one, else the only one.
struct Candidate {
  std::optional<VirtAddr> addr;
  bool is_global = false;
  bool are_several = false;

  void take(const Symbol& symbol) {
    const bool global = elf::bind_of(symbol.st_info) != elf::STB_LOCAL;
    if (addr && global == is_global) {
      are_several |= *addr != VirtAddr(symbol.st_value);
    } else if (!addr || global) {
      *this = {VirtAddr(symbol.st_value), global, false};
    }
  }
};

std::string build_id_in(VirtualReader& memory, VirtAddr note) {
  const auto head = memory.read_value<GnuNote>(note);
  const bool is_it = head && head->header.n_type == elf::NT_GNU_BUILD_ID && head->header.n_namesz == 4 &&
                     head->header.n_descsz <= kMaxBuildId && head->name == kGnu;
  if (!is_it) return {};
  ByteVector id(head->header.n_descsz);
  if (!memory.read(note + sizeof(GnuNote), id)) return {};
  return hexadecimal(id);
}

}  // namespace

Result<ModuleLayout> module_layout(TypeSource& types) {
  Members module(types, "module");
  ModuleLayout layout;
  layout.list = TRY(module.offset("list"));
  const TypeMember name = TRY(module.need("name"));
  layout.name = name.offset;
  layout.name_size = std::min<uint64_t>(types.type(name.type).size, 256);
  if (module.has("kallsyms")) layout.kallsyms = TRY(module.offset("kallsyms"));
  Members symbols(types, layout.kallsyms ? "mod_kallsyms" : "module");
  layout.symtab = TRY(symbols.offset("symtab"));
  layout.num_symtab = TRY(symbols.offset("num_symtab"));
  layout.strtab = TRY(symbols.offset("strtab"));
  if (const auto notes = notes_layout(types)) layout.notes = *notes;
  return layout;
}

Result<AddressByName> loaded_modules(VirtualReader& memory, const ModuleLayout& layout, VirtAddr modules) {
  AddressByName found;
  CircleWatch circle;
  size_t left = kMaxModules;
  for (VirtAddr link = TRY(pointer_at(memory, modules)); link != modules;
       link = TRY(pointer_at(memory, link))) {
    if (circle.comes_again(link) || left-- == 0)
      return fail(ErrorKind::corrupt, "the list of modules does not come back to its head");
    const VirtAddr module = link - layout.list;
    found.try_emplace(text_at(memory, module + layout.name, layout.name_size), module);
  }
  return found;
}

Result<AddressByName> symbols_of_module(VirtualReader& memory, const ModuleLayout& layout, VirtAddr module,
                                        const std::vector<std::string>& names) {
  std::map<std::string, Candidate, std::less<>> candidates;
  size_t most = 0;  // bytes of a name, with its NUL
  for (const std::string& name : names) {
    candidates.try_emplace(name);
    most = std::max(most, name.size() + 1);
  }
  SymbolTable table(memory);
  TRY(table.find(layout, module));
  TRY(table.for_each([&](const Symbol& symbol) {
    if (symbol.st_shndx == elf::SHN_UNDEF) return;
    const auto candidate = candidates.find(table.name_of(symbol, most));
    if (candidate != candidates.end()) candidate->second.take(symbol);
  }));
  AddressByName found;
  for (const auto& [name, candidate] : candidates) {
    if (candidate.are_several)
      return fail(ErrorKind::unsupported, "several symbols are named '{}', and nothing tells which is meant",
                  name);
    if (candidate.addr) found[name] = *candidate.addr;
  }
  return found;
}

std::string build_id_of_module(VirtualReader& memory, const ModuleLayout& layout, VirtAddr module) {
  if (!layout.notes) return {};
  const auto attrs = pointer_at(memory, module + layout.notes->pointer);
  if (!attrs || *attrs == VirtAddr()) return {};
  // How many there are is told in other ways by 7.2 than by 6.12; what follows them has no such name.
  for (size_t i = 0; i < kMaxNotes; ++i) {
    const VirtAddr attribute = *attrs + layout.notes->attrs + i * layout.notes->attr_size;
    const auto name = pointer_at(memory, attribute + layout.notes->name);
    const auto place = pointer_at(memory, attribute + layout.notes->private_);
    if (!name || !place || !text_at(memory, *name, 5).starts_with(".note")) return {};
    if (std::string id = build_id_in(memory, *place); !id.empty()) return id;
  }
  return {};
}

}  // namespace kdump
