// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/elf_core.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "common/cursor.h"
#include "common/layout/elf.h"
#include "makedumpfile/vmcore/vmcoreinfo.h"

namespace kdump {
namespace {

constexpr uint64_t kNoPhysicalAddress = UINT64_MAX;
// Limits against hostile headers, which must not take the memory of the capture kernel. Of 8192 CPUs, the
// most that x86 kernels are built for, the kernel writes 3 MiB of notes, QEMU 4 MiB of its 4096; kernels
// prepare 8192 PT_LOADs (CONFIG_CRASH_MAX_MEMORY_RANGES).
constexpr uint64_t kMaxNotesSize = uint64_t{6} << 20;
constexpr uint64_t kMaxProgramHeaders = uint64_t{80} << 10;
constexpr uint64_t kHeadersAtOnce = 1024;
constexpr uint64_t kDefaultPageSize = 4096;

struct CoreHeaders {
  uint16_t machine = 0;
  std::vector<MemorySegment> existing;               // as p_memsz says
  std::optional<std::vector<MemorySegment>> stored;  // as p_filesz says; nullopt: that is the same
  std::vector<VirtualSegment> virtual_segments;
  ByteVector notes;
};

// Reads the headers of one byte order.
template <typename E>
class HeaderReader {
 public:
  explicit HeaderReader(const ByteSource& source) : source_(source) {}

  Result<CoreHeaders> read() {
    const auto ehdr = TRY(read_struct<elf::Ehdr64<E>>(0, "ELF header"));
    TRY(check(ehdr));
    headers_.machine = ehdr.e_machine;
    const uint64_t count = TRY(header_count(ehdr));
    headers_.existing.reserve(count);
    headers_.virtual_segments.reserve(count);
    for (uint64_t first = 0; first < count; first += kHeadersAtOnce) {
      TRY(read_headers(ehdr.e_phoff + first * sizeof(Phdr), std::min(kHeadersAtOnce, count - first)));
    }
    return std::move(headers_);
  }

 private:
  using Phdr = elf::Phdr64<E>;

  template <typename T>
  Result<T> read_struct(uint64_t offset, std::string_view field) {
    const ByteVector raw = TRY(read_region(source_, offset, sizeof(T), field));
    return Cursor(raw, source_.name(), offset).template read<T>(field);
  }

  template <typename... Args>
  Failure bad(uint64_t offset, std::string_view field, fmt::format_string<Args...> format, Args&&... args) {
    return fail(ErrorKind::corrupt, "{}: offset {:#x}: {}: {}", source_.name(), offset, field,
                fmt::format(format, std::forward<Args>(args)...));
  }

  Status check(const elf::Ehdr64<E>& ehdr) {
    if (ehdr.e_type != elf::ET_CORE) {
      return bad(offsetof(elf::Ehdr64<E>, e_type), "e_type", "{} is no core file (expected ET_CORE, 4)",
                 uint16_t{ehdr.e_type});
    }
    if (ehdr.e_phentsize != sizeof(Phdr)) {
      return bad(offsetof(elf::Ehdr64<E>, e_phentsize), "e_phentsize", "{}, expected {}",
                 uint16_t{ehdr.e_phentsize}, sizeof(Phdr));
    }
    return {};
  }

  Result<uint64_t> header_count(const elf::Ehdr64<E>& ehdr) {
    uint64_t count = ehdr.e_phnum;
    if (count == elf::PN_XNUM) {
      count = TRY(read_struct<elf::Shdr64<E>>(ehdr.e_shoff, "section header 0 (e_phnum is PN_XNUM)")).sh_info;
    }
    if (count > kMaxProgramHeaders) {
      return bad(offsetof(elf::Ehdr64<E>, e_phnum), "e_phnum", "{} program headers, at most {} are expected",
                 count, kMaxProgramHeaders);
    }
    return count;
  }

  Status read_headers(uint64_t offset, uint64_t count) {
    const ByteVector raw =
        TRY(read_region(source_, offset, count * sizeof(Phdr), "program headers (e_phoff)"));
    Cursor cursor(raw, source_.name(), offset);
    while (!cursor.at_end()) {
      const uint64_t at = offset + cursor.offset();
      const auto phdr = TRY(cursor.template read<Phdr>("program header"));
      TRY(take(phdr, at));
    }
    return {};
  }

  Status take(const Phdr& phdr, uint64_t at) {
    if (phdr.p_type == elf::PT_NOTE) return take_notes(phdr);
    if (phdr.p_type == elf::PT_LOAD) return take_memory(phdr, at);
    return {};
  }

  Status take_notes(const Phdr& phdr) {
    const uint64_t total = headers_.notes.size() + phdr.p_filesz;
    if (phdr.p_filesz > kMaxNotesSize || total > kMaxNotesSize) {
      return bad(phdr.p_offset, "notes (p_filesz)", "{} bytes, at most {} are expected",
                 uint64_t{phdr.p_filesz}, kMaxNotesSize);
    }
    // Often the only one, and large: no second copy.
    ByteVector notes = TRY(read_region(source_, phdr.p_offset, phdr.p_filesz, "notes"));
    if (headers_.notes.empty()) {
      headers_.notes = std::move(notes);
    } else {
      headers_.notes.insert(headers_.notes.end(), notes.begin(), notes.end());
    }
    headers_.notes.resize((headers_.notes.size() + 3) / 4 * 4);
    return {};
  }

  Status take_memory(const Phdr& phdr, uint64_t at) {
    const uint64_t size = phdr.p_memsz;
    const uint64_t stored = std::min<uint64_t>(phdr.p_filesz, size);
    if (phdr.p_paddr == kNoPhysicalAddress || size == 0) return {};
    const uint64_t begin = phdr.p_paddr;
    if (begin + size < begin || phdr.p_offset + stored < phdr.p_offset) {
      return bad(at, "program header",
                 "p_paddr {:#x}, p_offset {:#x}, p_filesz {:#x} and p_memsz {:#x} go beyond 64 bits", begin,
                 uint64_t{phdr.p_offset}, stored, size);
    }
    const PhysRange range{PhysAddr(begin), PhysAddr(begin + size)};
    if (stored != size && !headers_.stored) {
      headers_.stored.emplace().reserve(headers_.existing.capacity());
      *headers_.stored = headers_.existing;
    }
    if (stored != 0 && headers_.stored)
      headers_.stored->push_back({{range.begin, range.begin + stored}, phdr.p_offset});
    headers_.existing.push_back({range, phdr.p_offset});
    // QEMU's dumps without paging have 0 everywhere.
    if (phdr.p_vaddr != 0) headers_.virtual_segments.push_back({VirtAddr(phdr.p_vaddr), range});
    return {};
  }

  const ByteSource& source_;
  CoreHeaders headers_;
};

uint64_t page_size_of(const Notes& notes) {
  const Vmcoreinfo vmcoreinfo(notes.vmcoreinfo());
  const auto text = vmcoreinfo.text("PAGESIZE");
  const auto size = text ? parse_vmcoreinfo_number(*text) : std::nullopt;
  const bool plausible = size && *size >= 4096 && *size <= 262144 && (*size & (*size - 1)) == 0;
  return plausible ? static_cast<uint64_t>(*size) : kDefaultPageSize;
}

class ElfCore final : public Vmcore {
 public:
  ElfCore(std::unique_ptr<ByteSource> source, CoreHeaders headers, bool big_endian)
      : source_(std::move(source)),
        machine_(headers.machine),
        memory_map_(std::move(headers.existing)),
        stored_(std::move(headers.stored)),
        virtual_segments_(std::move(headers.virtual_segments)),
        notes_(Notes::parse(std::move(headers.notes), big_endian, source_->name() + ": notes")),
        page_size_(page_size_of(notes_)) {}

  [[nodiscard]] const std::string& name() const override { return source_->name(); }
  [[nodiscard]] uint16_t machine() const override { return machine_; }
  [[nodiscard]] const MemoryMap& memory_map() const override { return memory_map_; }
  [[nodiscard]] const Notes& notes() const override { return notes_; }
  [[nodiscard]] std::span<const VirtualSegment> virtual_segments() const override {
    return virtual_segments_;
  }
  [[nodiscard]] Result<std::vector<PfnRange>> excluded_earlier(PfnRange window,
                                                               unsigned page_shift) const override;
  Status read(PhysAddr addr, MutableBytes out) const override;

 private:
  [[nodiscard]] const MemoryMap& stored() const { return stored_ ? *stored_ : memory_map_; }
  // How many bytes from `addr`, which no segment holds, belong to a page that is partly stored.
  [[nodiscard]] uint64_t gap_in_page(PhysAddr addr) const;

  std::unique_ptr<ByteSource> source_;
  uint16_t machine_;
  MemoryMap memory_map_;
  std::optional<MemoryMap> stored_;  // nullopt: memory_map_ is
  std::vector<VirtualSegment> virtual_segments_;
  Notes notes_;
  uint64_t page_size_;
};

// The pages of `all` that are not in `some`; both are ascending.
std::vector<PfnRange> difference(std::span<const PfnRange> all, std::span<const PfnRange> some) {
  std::vector<PfnRange> rest;
  for (PfnRange range : all) {
    while (!some.empty() && some.front().end <= range.begin) some = some.subspan(1);
    for (size_t i = 0; i < some.size() && some[i].begin < range.end; ++i) {
      if (range.begin < some[i].begin) rest.push_back({range.begin, some[i].begin});
      range.begin = some[i].end;
    }
    if (!range.empty()) rest.push_back(range);
  }
  return rest;
}

Result<std::vector<PfnRange>> ElfCore::excluded_earlier(PfnRange window, unsigned page_shift) const {
  if (!stored_) return std::vector<PfnRange>();
  return difference(memory_map_.pages(window, page_shift), stored_->pages(window, page_shift));
}

Status ElfCore::read(PhysAddr addr, MutableBytes out) const {
  while (!out.empty()) {
    const MemorySegment* segment = stored().find(addr);
    const uint64_t left = segment != nullptr ? segment->range.end - addr : gap_in_page(addr);
    const size_t step = std::min<uint64_t>(out.size(), left);
    if (step == 0) {
      return fail(
          "{}: physical address {:#x} {}", name(), addr.value(),
          memory_map_.find(addr) == nullptr ? "is not in the dump" : "was excluded when the dump was made");
    }
    if (segment != nullptr) {
      TRY(source_->read(segment->file_offset + (addr - segment->range.begin), out.first(step)));
    } else {
      std::memset(out.data(), 0, step);
    }
    out = out.subspan(step);
    addr += step;
  }
  return {};
}

uint64_t ElfCore::gap_in_page(PhysAddr addr) const {
  const PhysAddr page(addr.value() & ~(page_size_ - 1));
  const MemorySegment* in_page = stored().find_from(page);
  if (in_page == nullptr || in_page->range.begin - page >= page_size_) return 0;
  const MemorySegment* next = stored().find_from(addr);
  const uint64_t page_left = page_size_ - (addr - page);
  return next == nullptr ? page_left : std::min(page_left, next->range.begin - addr);
}

}  // namespace

Result<std::unique_ptr<Vmcore>> read_elf_core(std::unique_ptr<ByteSource> source) {
  const ByteVector ident = TRY(read_region(*source, 0, 16, "ELF identification"));
  if (std::memcmp(ident.data(), elf::kMagic, sizeof elf::kMagic) != 0) {
    return fail(ErrorKind::unsupported, "{}: no dump: neither an ELF core nor another known format",
                source->name());
  }
  const auto elf_class = std::to_integer<unsigned char>(ident[elf::EI_CLASS]);
  if (elf_class != elf::ELFCLASS64) {
    return fail(ErrorKind::unsupported, "{}: offset {:#x}: EI_CLASS: {} is not supported, only ELF64 (2) is",
                source->name(), elf::EI_CLASS, elf_class);
  }
  const auto data = std::to_integer<unsigned char>(ident[elf::EI_DATA]);
  if (data != elf::ELFDATA2LSB && data != elf::ELFDATA2MSB) {
    return fail(ErrorKind::corrupt, "{}: offset {:#x}: EI_DATA: {}, expected 1 or 2", source->name(),
                elf::EI_DATA, data);
  }
  const bool big_endian = data == elf::ELFDATA2MSB;
  CoreHeaders headers =
      TRY(big_endian ? HeaderReader<Big>(*source).read() : HeaderReader<Little>(*source).read());
  return std::make_unique<ElfCore>(std::move(source), std::move(headers), big_endian);
}

}  // namespace kdump
