// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/dwarf_file.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>

#include <algorithm>

#include "common/fd.h"
#include "common/text.h"
#include "makedumpfile/kernel/debug_symbols.h"
#include "makedumpfile/kernel/dwarf_walk.h"

namespace kdump::dwarf {
namespace {

constexpr std::string_view kPerCpuStart = "__per_cpu_start", kPerCpuEnd = "__per_cpu_end";
constexpr std::string_view kPerCpuSection = ".data..percpu";

struct OpenVmlinux {
  UniqueFd fd;
  Handle dwarf;
};

// The file itself is all that is looked at: libdw would search for others by its own rules.
int find_nothing(Dwfl_Module* /*module*/, void** /*data*/, const char* /*name*/, Dwarf_Addr /*base*/,
                 const char* /*file*/, const char* /*link*/, GElf_Word /*checksum*/, char** /*found*/) {
  return -1;
}

constexpr Dwfl_Callbacks kOffline = {.find_elf = nullptr,
                                     .find_debuginfo = find_nothing,
                                     .section_address = dwfl_offline_section_address,
                                     .debuginfo_path = nullptr};

Failure damaged_module(const std::string& path) {
  return fail(ErrorKind::corrupt, "{}: {}", path, dwfl_errmsg(-1));
}

std::string build_id_of(Dwfl_Module* module) {
  const unsigned char* bits = nullptr;
  GElf_Addr addr = 0;
  const int size = dwfl_module_build_id(module, &bits, &addr);
  return size <= 0 ? "" : hexadecimal(std::as_bytes(std::span(bits, static_cast<size_t>(size))));
}

void read_symbols(Dwfl_Module* module, std::span<const std::string> wanted, DwarfFile& file) {
  const int count = dwfl_module_getsymtab(module);
  for (int i = 1; i < count; ++i) {
    GElf_Sym symbol;
    GElf_Addr addr = 0;
    GElf_Word section = SHN_UNDEF;
    const char* name = dwfl_module_getsym_info(module, i, &symbol, &addr, &section, nullptr, nullptr);
    if (name == nullptr || section == SHN_UNDEF) continue;
    if (std::ranges::find(wanted, std::string_view(name)) == wanted.end()) continue;
    if (GELF_ST_BIND(symbol.st_info) == STB_LOCAL) {
      file.symbols.try_emplace(name, addr);
    } else {
      file.symbols[name] = addr;
    }
  }
}

void find_per_cpu_section(Dwfl_Module* module, DwarfFile& file) {
  GElf_Addr bias = 0;
  Elf* elf = dwfl_module_getelf(module, &bias);
  size_t names = 0;
  if (elf == nullptr || elf_getshdrstrndx(elf, &names) != 0) return;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name == nullptr || name != kPerCpuSection) continue;
    file.per_cpu_begin = header.sh_addr + bias;
    file.per_cpu_end = file.per_cpu_begin + header.sh_size;
  }
}

// Through libdw's own: it takes a kernel that is compressed and a module that is relocatable as they are.
Result<Dwfl_Module*> report(Dwfl* dwfl, const std::string& path, const std::string& name) {
  UniqueFd fd = TRY(open_file(path, O_RDONLY));
  dwfl_report_begin(dwfl);
  Dwfl_Module* module = dwfl_report_offline(dwfl, name.c_str(), path.c_str(), fd.get());
  if (module == nullptr) return damaged_module(path);
  fd.release();  // it is closed with `dwfl`
  dwfl_report_end(dwfl, nullptr, nullptr);
  return module;
}

}  // namespace

Failure damaged(const std::string& path) {
  return fail(ErrorKind::corrupt, "{}: debug information: {}", path, dwarf_errmsg(-1));
}

Result<DwarfFile> open_vmlinux(const std::string& path, std::span<const std::string> symbols) {
  auto opened = std::make_shared<OpenVmlinux>();
  opened->fd = TRY(open_file(path, O_RDONLY));
  NameSet names{std::string(kPerCpuStart), std::string(kPerCpuEnd)};
  names.insert(symbols.begin(), symbols.end());
  DebugSymbols read = TRY(read_debug_symbols(opened->fd.get(), path, names));
  opened->dwarf.reset(dwarf_begin(opened->fd.get(), DWARF_C_READ));
  if (!opened->dwarf) return damaged(path);
  DwarfFile file{.path = path, .build_id = read.build_id, .symbols = std::move(read.addresses)};
  const auto begin = file.symbols.find(kPerCpuStart);
  const auto end = file.symbols.find(kPerCpuEnd);
  if (begin != file.symbols.end() && end != file.symbols.end()) {
    file.per_cpu_begin = begin->second;
    file.per_cpu_end = end->second;
  }
  file.dwarf = opened->dwarf.get();
  file.owner = std::move(opened);
  return file;
}

Result<DwarfFile> open_module(const std::string& path, const std::string& module,
                              std::span<const std::string> symbols) {
  const std::shared_ptr<Dwfl> dwfl(dwfl_begin(&kOffline), dwfl_end);
  if (!dwfl) return damaged_module(path);
  Dwfl_Module* reported = TRY(report(dwfl.get(), path, module));
  DwarfFile file{.path = path, .build_id = build_id_of(reported), .symbols = {}, .owner = dwfl};
  GElf_Addr bias = 0;  // 0 for object files
  file.dwarf = dwfl_module_getdwarf(reported, &bias);
  if (file.dwarf == nullptr) return file;
  read_symbols(reported, symbols, file);
  find_per_cpu_section(reported, file);
  return file;
}

}  // namespace kdump::dwarf
