// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/kdump_headers.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/cursor.h"
#include "common/layout/elf.h"
#include "common/text.h"
#include "makedumpfile/vmcore/open.h"

namespace kdump {
namespace {

constexpr int32_t kSmallestBlock = 4096, kLargestBlock = 256 << 10;
constexpr int32_t kMaxSubHeaderBlocks = 1 << 16;
constexpr uint64_t kMaxNotes = uint64_t{6} << 20;  // as of ELF cores
constexpr uint64_t kMaxPages = uint64_t{1} << 40;  // physical addresses have 52 bits at most
// Versions from which on the sub header has its fields.
constexpr int32_t kHasSplit = 2, kHasVmcoreinfo = 3, kHasNotes = 4, kHasEraseinfo = 5, kHasWidePfns = 6;

struct MachineName {
  std::string_view name;  // utsname.machine begins with it
  uint16_t machine;       // elf::EM_…
  bool wide;              // 64 bits
};

constexpr MachineName kMachines[] = {
    {"x86_64", elf::EM_X86_64, true},
    {"aarch64", elf::EM_AARCH64, true},
    {"ppc64", elf::EM_PPC64, true},
    {"s390x", elf::EM_S390, true},
    {"riscv64", elf::EM_RISCV, true},
    {"loongarch64", elf::EM_LOONGARCH, true},
    {"i386", elf::EM_386, false},
    {"i486", elf::EM_386, false},
    {"i586", elf::EM_386, false},
    {"i686", elf::EM_386, false},
    {"arm", 40, false},
    {"ppc", 20, false},
};

const MachineName* machine_of(const diskdump::UtsName& name) {
  const std::string_view text(name.machine);
  const auto* row =
      std::ranges::find_if(kMachines, [&](const MachineName& m) { return text.starts_with(m.name); });
  return row == std::end(kMachines) ? nullptr : row;
}

void terminate(diskdump::UtsName& name) {
  for (char* field : {name.sysname, name.nodename, name.release, name.version, name.machine, name.domainname})
    field[diskdump::kUtsFieldSize - 1] = '\0';
}

// Reads the headers of one byte order.
template <typename E>
class HeaderReader {
 public:
  using Header = diskdump::DiskDumpHeader<E>;
  using SubHeader = diskdump::KdumpSubHeader<E>;

  explicit HeaderReader(const ByteSource& source) : source_(source) {}

  Result<KdumpHeaders> read() {
    const ByteVector raw = TRY(read_region(source_, 0, sizeof(Header), "header"));
    header_ = TRY(Cursor(raw, source_.name()).template read<Header>("header"));
    TRY(take_header());
    const uint64_t place = headers_.block_size;
    const ByteVector sub = TRY(read_region(source_, place, sizeof(SubHeader), "sub header"));
    sub_ = TRY(Cursor(sub, source_.name(), place).template read<SubHeader>("sub header"));
    take_sub_header();
    TRY(place_bitmaps());
    TRY(check_part());
    TRY(check_extents());
    return headers_;
  }

 private:
  template <typename... Args>
  Failure bad(uint64_t offset, std::string_view field, fmt::format_string<Args...> format, Args&&... args) {
    return fail(ErrorKind::corrupt, "{}: offset {:#x}: {}: {}", source_.name(), offset, field,
                fmt::format(format, std::forward<Args>(args)...));
  }

  Status take_header() {
    headers_.big_endian = E::kOrder == std::endian::big;
    headers_.version = header_.header_version;
    headers_.utsname = header_.utsname;
    terminate(headers_.utsname);
    if (const MachineName* machine = machine_of(headers_.utsname); machine != nullptr && !machine->wide) {
      return fail(ErrorKind::unsupported,
                  "{}: a dump of a 32-bit kernel ({}), only 64-bit ones are supported", source_.name(),
                  printable(headers_.utsname.machine));
    }
    const int32_t block = header_.block_size;
    if (block < kSmallestBlock || block > kLargestBlock ||
        !std::has_single_bit(static_cast<uint32_t>(block))) {
      return bad(offsetof(Header, block_size), "block_size", "{}, expected a power of two from {} to {}",
                 block, kSmallestBlock, kLargestBlock);
    }
    const int32_t sub_header = header_.sub_hdr_size;
    if (sub_header < 1 || sub_header > kMaxSubHeaderBlocks) {
      return bad(offsetof(Header, sub_hdr_size), "sub_hdr_size", "{} blocks, expected 1 to {}", sub_header,
                 kMaxSubHeaderBlocks);
    }
    headers_.block_size = static_cast<uint64_t>(block);
    headers_.crash_time = header_.timestamp_sec;
    headers_.status = header_.status;
    headers_.cpus = static_cast<uint32_t>(std::max<int32_t>(header_.nr_cpus, 0));
    headers_.max_pfn = Pfn(header_.max_mapnr);
    headers_.part = {Pfn(), headers_.max_pfn};
    return {};
  }

  // Fields that a version does not have are whatever its writer left in the block.
  void take_sub_header() {
    const int32_t version = headers_.version;
    headers_.phys_base = sub_.phys_base;
    headers_.dump_level = sub_.dump_level;
    if (version >= kHasSplit) headers_.split = sub_.split != 0;
    if (version >= kHasVmcoreinfo) headers_.vmcoreinfo = {sub_.offset_vmcoreinfo, sub_.size_vmcoreinfo};
    if (version >= kHasNotes) headers_.notes = {sub_.offset_note, sub_.size_note};
    if (version >= kHasEraseinfo) headers_.eraseinfo = {sub_.offset_eraseinfo, sub_.size_eraseinfo};
    if (version >= kHasWidePfns) headers_.max_pfn = Pfn(sub_.max_mapnr_64);
    headers_.part = {Pfn(), headers_.max_pfn};
    if (headers_.split && version >= kHasWidePfns)
      headers_.part = {Pfn(sub_.start_pfn_64), Pfn(sub_.end_pfn_64)};
    if (headers_.split && version < kHasWidePfns) headers_.part = {Pfn(sub_.start_pfn), Pfn(sub_.end_pfn)};
  }

  // Whether there are two bitmaps shows only in their size (crash's dump_is_partial()).
  Status place_bitmaps() {
    const uint64_t block = headers_.block_size;
    const uint64_t blocks = header_.bitmap_blocks;
    const uint64_t pages = headers_.max_pfn.value();
    const uint64_t needed = (pages / 8 + (pages % 8 != 0 ? 1 : 0) + block - 1) / block;
    if (pages > kMaxPages)
      return bad(0, "max_mapnr", "{:#x} pages, at most {:#x} are expected", pages, kMaxPages);
    if (pages == 0 || needed > blocks) {
      return bad(offsetof(Header, bitmap_blocks), "bitmap_blocks",
                 "{} blocks for {} pages, expected {} or {}", blocks, pages, needed, 2 * needed);
    }
    const bool two = blocks >= 2 * needed;
    const uint64_t start = (1 + static_cast<uint64_t>(int32_t{header_.sub_hdr_size})) * block;
    headers_.bitmap_bytes = (two ? blocks / 2 : blocks) * block;
    headers_.bitmap1 = start;
    headers_.bitmap2 = two ? start + headers_.bitmap_bytes : start;
    headers_.descriptors = start + blocks * block;
    if (headers_.descriptors <= source_.size()) return {};
    return bad(offsetof(Header, bitmap_blocks), "bitmap_blocks", "{} blocks at {:#x}, the file ends at {:#x}",
               blocks, start, source_.size());
  }

  Status check_part() {
    const PfnRange part = headers_.part;
    if (part.begin <= part.end && part.end <= headers_.max_pfn) return {};
    return bad(headers_.block_size + offsetof(SubHeader, start_pfn_64), "start_pfn, end_pfn",
               "pages {:#x} to {:#x} of {:#x}", part.begin.value(), part.end.value(),
               headers_.max_pfn.value());
  }

  Status check_extents() {
    const struct {
      std::string_view name;
      const FileExtent& extent;
      size_t field = 0;
    } rows[] = {
        {"offset_vmcoreinfo, size_vmcoreinfo", headers_.vmcoreinfo, offsetof(SubHeader, offset_vmcoreinfo)},
        {"offset_note, size_note", headers_.notes, offsetof(SubHeader, offset_note)},
        {"offset_eraseinfo, size_eraseinfo", headers_.eraseinfo, offsetof(SubHeader, offset_eraseinfo)}};
    for (const auto& [name, extent, field] : rows) {
      const uint64_t end = source_.size();
      const bool inside = extent.offset <= end && extent.size <= end - extent.offset;
      if (extent.size == 0 || (inside && extent.size <= kMaxNotes)) continue;
      return bad(headers_.block_size + field, name,
                 "{} bytes at {:#x}, the file ends at {:#x} and at most {} are "
                 "expected",
                 extent.size, extent.offset, end, kMaxNotes);
    }
    return {};
  }

  const ByteSource& source_;
  Header header_{};
  SubHeader sub_{};
  KdumpHeaders headers_;
};

bool is_version(int32_t version) { return version >= 1 && version <= diskdump::kHeaderVersion; }

}  // namespace

uint16_t KdumpHeaders::machine() const {
  if (const MachineName* row = machine_of(utsname); row != nullptr) return row->machine;
  const bool told = utsname.machine[0] != '\0';
  return told || big_endian ? uint16_t{0} : elf::EM_X86_64;
}

Result<KdumpHeaders> read_kdump_headers(const ByteSource& source) {
  constexpr size_t kVersionPlace = sizeof diskdump::kSignature;
  const ByteVector raw =
      TRY(read_region(source, 0, kVersionPlace + sizeof(int32_t), "signature and version"));
  if (std::memcmp(raw.data(), diskdump::kSignature, sizeof diskdump::kSignature) != 0)
    return fail(ErrorKind::corrupt, "{}: offset 0x0: signature: not KDUMP", source.name());
  Little::i32 little;
  Big::i32 big;
  std::memcpy(&little, raw.data() + kVersionPlace, sizeof little);
  std::memcpy(&big, raw.data() + kVersionPlace, sizeof big);
  if (is_version(little)) return HeaderReader<Little>(source).read();
  if (is_version(big)) return HeaderReader<Big>(source).read();
  return fail(ErrorKind::corrupt, "{}: offset {:#x}: header_version: {}, expected 1 to {}", source.name(),
              kVersionPlace, int32_t{little}, diskdump::kHeaderVersion);
}

Result<std::optional<KdumpHeaders>> find_kdump_headers(const std::string& path) {
  UniqueFd fd = TRY(open_file(path, O_RDONLY));
  const uint64_t size = TRY(file_size(fd.get()));
  const FileSource source(path, std::move(fd), size);
  if (!TRY(starts_with(source, {diskdump::kSignature, sizeof diskdump::kSignature}))) return std::nullopt;
  auto headers = read_kdump_headers(source);
  if (!headers && headers.error().kind() == ErrorKind::unsupported) return std::nullopt;
  return headers;
}

}  // namespace kdump
