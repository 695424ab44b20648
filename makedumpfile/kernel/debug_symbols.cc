// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/debug_symbols.h"

#include <fcntl.h>
#include <gelf.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "common/bytes.h"
#include "common/fd.h"
#include "common/text.h"

namespace kdump {
namespace {

constexpr std::string_view kPackages =
    "-x needs the vmlinux of the kernel's debug package (Debian: linux-image-RELEASE-dbg, "
    "/usr/lib/debug/boot/vmlinux-RELEASE; Fedora: kernel-debuginfo, "
    "/usr/lib/debug/lib/modules/RELEASE/vmlinux)";

// Files that people take for a vmlinux, by how they begin.
struct NoVmlinux {
  std::string_view magic;
  size_t offset;
  std::string_view what;
};

constexpr NoVmlinux kNoVmlinux[] = {
    {"\x1f\x8b", 0, "is compressed: decompress it first (gunzip)"},
    {"\xfd"
     "7zXZ",
     0, "is compressed: decompress it first (unxz)"},
    {"\x28\xb5\x2f\xfd", 0, "is compressed: decompress it first (unzstd)"},
    {"BZh", 0, "is compressed: decompress it first (bunzip2)"},
    {"HdrS", 0x202, "is a boot image, which has no debug information"},
    {"KDUMP   ", 0, "is a dump"},
    {"OSRELEASE=", 0, "is a text of VMCOREINFO lines: name it with -i"},
};

Status check_magic(int fd, const std::string& file) {
  std::array<char, 0x210> start{};
  TRY(with_context(pread_up_to(fd, std::as_writable_bytes(std::span(start)), 0), "{}", file));
  const std::string_view bytes(start.data(), start.size());
  if (bytes.starts_with(ELFMAG)) return {};
  for (const NoVmlinux& row : kNoVmlinux) {
    if (bytes.substr(row.offset).starts_with(row.magic))
      return fail(ErrorKind::unsupported, "{} {}; {}", file, row.what, kPackages);
  }
  return fail(ErrorKind::corrupt, "{} is no ELF file; {}", file, kPackages);
}

struct ElfCloser {
  void operator()(Elf* elf) const { elf_end(elf); }
};

std::optional<std::string_view> data_of(Elf_Scn* section) {
  Elf_Data* data = elf_rawdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(data->d_buf), data->d_size);
}

class SymbolReader {
 public:
  SymbolReader(std::unique_ptr<Elf, ElfCloser> elf, const std::string& file)
      : elf_(std::move(elf)), file_(file) {}

  Result<DebugSymbols> read(const NameSet& wanted) {
    TRY(read_header());
    TRY(visit_sections());
    TRY(check_contents());
    TRY(read_symbols(wanted));
    return std::move(result_);
  }

 private:
  template <typename... Args>
  [[nodiscard]] Failure refuse(fmt::format_string<Args...> format, Args&&... args) const {
    return fail(ErrorKind::unsupported, "{}: {}; {}", file_, fmt::format(format, std::forward<Args>(args)...),
                kPackages);
  }

  Status read_header() {
    GElf_Ehdr header;
    if (gelf_getehdr(elf_.get(), &header) == nullptr)
      return fail(ErrorKind::corrupt, "{}: ELF header: {}", file_, elf_errmsg(-1));
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
      return refuse("EI_CLASS {}, EI_DATA {}: only 64-bit little-endian kernels are supported",
                    header.e_ident[EI_CLASS], header.e_ident[EI_DATA]);
    if (header.e_type == ET_CORE) return refuse("is a core, not a vmlinux");
    if (header.e_type == ET_REL) return refuse("is an object file or a module, not a vmlinux");
    result_.machine = header.e_machine;
    return {};
  }

  Status visit_sections() {
    size_t names = 0;
    if (elf_getshdrstrndx(elf_.get(), &names) != 0)
      return fail(ErrorKind::corrupt, "{}: section headers: {}", file_, elf_errmsg(-1));
    for (Elf_Scn* section = elf_nextscn(elf_.get(), nullptr); section != nullptr;
         section = elf_nextscn(elf_.get(), section)) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) == nullptr) continue;
      const char* name = elf_strptr(elf_.get(), names, header.sh_name);
      if (name != nullptr) visit_section(section, header, name);
    }
    return {};
  }

  void visit_section(Elf_Scn* section, const GElf_Shdr& header, std::string_view name) {
    if (header.sh_type == SHT_SYMTAB) symbols_ = section;
    if (header.sh_type == SHT_NOTE && result_.build_id.empty()) read_build_id(section);
    if (name == ".debug_info" || name == ".zdebug_info")
      debug_info_ = header.sh_type != SHT_NOBITS && header.sh_size != 0;
    if (name == ".gnu_debuglink") debug_link_ = std::string(data_of(section).value_or("").data());
  }

  [[nodiscard]] Status check_contents() const {
    if (!debug_info_ && !debug_link_.empty())
      return refuse("its debug information is in another file, {}: name that", debug_link_);
    if (!debug_info_) return refuse("it has no debug information (.debug_info)");
    if (symbols_ == nullptr) return refuse("it has no symbols (.symtab)");
    return {};
  }

  void read_build_id(Elf_Scn* section) {
    Elf_Data* data = elf_getdata(section, nullptr);
    GElf_Nhdr note;
    size_t name = 0;
    size_t descriptor = 0;
    for (size_t at = 0; data != nullptr && (at = gelf_getnote(data, at, &note, &name, &descriptor)) > 0;) {
      const char* bytes = static_cast<const char*>(data->d_buf);
      if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 || std::memcmp(bytes + name, "GNU", 4) != 0)
        continue;
      result_.build_id = hexadecimal(std::as_bytes(std::span(bytes + descriptor, note.n_descsz)));
    }
  }

  Status read_symbols(const NameSet& wanted) {
    GElf_Shdr header;
    Elf_Data* data = elf_getdata(symbols_, nullptr);
    if (data == nullptr || gelf_getshdr(symbols_, &header) == nullptr || header.sh_entsize == 0)
      return fail(ErrorKind::corrupt, "{}: symbol table: {}", file_, elf_errmsg(-1));
    const auto count = static_cast<int>(std::min<uint64_t>(header.sh_size / header.sh_entsize, INT32_MAX));
    for (int i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, i, &symbol) == nullptr || symbol.st_shndx == SHN_UNDEF) continue;
      const char* name = elf_strptr(elf_.get(), header.sh_link, symbol.st_name);
      if (name != nullptr) take_symbol(name, symbol, wanted);
    }
    return {};
  }

  // Of several symbols of a name the global one is the kernel's; statics of one name may be anything.
  void take_symbol(std::string_view name, const GElf_Sym& symbol, const NameSet& wanted) {
    if (name == "linux_banner") result_.release = release_in(symbol);
    const auto found = wanted.find(name);
    if (found == wanted.end()) return;
    if (GELF_ST_BIND(symbol.st_info) == STB_LOCAL) {
      result_.addresses.try_emplace(*found, symbol.st_value);
    } else {
      result_.addresses[*found] = symbol.st_value;
    }
  }

  // "Linux version 6.1.0-56-cloud-amd64 (debian-kernel@… ": init/version.c.
  [[nodiscard]] std::string release_in(const GElf_Sym& symbol) const {
    constexpr std::string_view kStart = "Linux version ";
    Elf_Scn* section = elf_getscn(elf_.get(), symbol.st_shndx);
    GElf_Shdr header;
    if (section == nullptr || gelf_getshdr(section, &header) == nullptr) return {};
    const std::string_view data = data_of(section).value_or("");
    const uint64_t at = symbol.st_value - (header.sh_addr);
    if (at >= data.size() || !data.substr(at).starts_with(kStart)) return {};
    const std::string_view rest = data.substr(at + kStart.size());
    return std::string(rest.substr(0, std::min(rest.find(' '), rest.find('\0'))));
  }

  std::unique_ptr<Elf, ElfCloser> elf_;
  const std::string& file_;
  DebugSymbols result_;
  Elf_Scn* symbols_ = nullptr;
  std::string debug_link_;
  bool debug_info_ = false;
};

}  // namespace

Result<DebugSymbols> read_debug_symbols(int fd, const std::string& file, const NameSet& wanted) {
  TRY(check_magic(fd, file));
  elf_version(EV_CURRENT);
  std::unique_ptr<Elf, ElfCloser> elf(elf_begin(fd, ELF_C_READ_MMAP, nullptr));
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF)
    return fail(ErrorKind::corrupt, "{}: ELF header: {}", file, elf_errmsg(-1));
  return SymbolReader(std::move(elf), file).read(wanted);
}

}  // namespace kdump
