// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/inspect/dump_file.h"

#include <algorithm>
#include <bit>

#include "common/layout/elf.h"
#include "makedumpfile/vmcore/elf_core.h"
#include "makedumpfile/vmcore/open.h"
#include "makedumpfile/vmcore/vmcoreinfo.h"

namespace kdump {
namespace {

constexpr int64_t kMinPageSize = 4096, kMaxPageSize = 262144;

unsigned page_shift_of(const Vmcore& vmcore) {
  const Vmcoreinfo lines(vmcore.notes().vmcoreinfo());
  const int64_t size = parse_vmcoreinfo_number(lines.text("PAGESIZE").value_or("")).value_or(0);
  const bool plausible =
      size >= kMinPageSize && size <= kMaxPageSize && std::has_single_bit(static_cast<uint64_t>(size));
  return static_cast<unsigned>(std::countr_zero(static_cast<uint64_t>(plausible ? size : kMinPageSize)));
}

Result<bool> is_marked_incomplete(const ByteSource& source) {
  elf::Ehdr64<Little> ehdr{};
  if (source.size() < sizeof ehdr) return false;
  TRY(source.read(0, mutable_bytes_of(ehdr)));
  const uint32_t flags = ehdr.e_flags;
  const bool big = ehdr.e_ident[elf::EI_DATA] == elf::ELFDATA2MSB;
  return ((big ? std::byteswap(flags) : flags) & elf::DUMP_ELF_INCOMPLETE) != 0;
}

Status open_kdump(DumpFile& file, std::unique_ptr<ByteSource> source) {
  std::unique_ptr<KdumpFile> kdump = TRY(KdumpFile::open(std::move(source)));
  file.kdump = kdump.get();
  file.incomplete = kdump->headers().incomplete();
  file.page_shift = static_cast<unsigned>(std::countr_zero(kdump->headers().block_size));
  file.vmcore = std::move(kdump);
  return {};
}

Status open_elf(DumpFile& file, std::unique_ptr<ByteSource> source) {
  file.incomplete = TRY(is_marked_incomplete(*source));
  file.vmcore = TRY(read_elf_core(std::move(source)));
  file.page_shift = page_shift_of(*file.vmcore);
  return {};
}

// The pages of `all` but those of `some`, both ascending and disjoint.
std::vector<PfnRange> without(const std::vector<PfnRange>& all, const std::vector<PfnRange>& some) {
  std::vector<PfnRange> rest;
  auto next = some.begin();
  for (PfnRange range : all) {
    while (next != some.end() && next->end <= range.begin) ++next;
    for (auto cut = next; cut != some.end() && cut->begin < range.end; ++cut) {
      if (range.begin < cut->begin) rest.push_back({range.begin, cut->begin});
      range.begin = cut->end;
    }
    if (!range.empty()) rest.push_back(range);
  }
  return rest;
}

}  // namespace

Result<std::vector<PfnRange>> DumpFile::stored(PfnRange window) const {
  if (kdump == nullptr)
    return without(vmcore->memory_map().pages(window, page_shift),
                   TRY(vmcore->excluded_earlier(window, page_shift)));
  std::vector<PfnRange> ranges;
  const PfnRange part = kdump->headers().part;
  const Pfn begin(window.begin.value() & ~uint64_t{7});
  ByteVector bits((window.end - begin + 7) / 8);
  TRY(kdump->dumpable().read(begin, bits));
  for_each_run(bits, begin, [&](PfnRange run) {
    const PfnRange inside{std::max({run.begin, window.begin, part.begin}),
                          std::min({run.end, window.end, part.end})};
    if (!inside.empty()) ranges.push_back(inside);
  });
  return ranges;
}

uint64_t DumpFile::window() const {
  constexpr uint64_t kPages = uint64_t{1} << 18;
  return kdump != nullptr ? kPages : max_pfn().value();
}

Pfn DumpFile::max_pfn() const {
  return kdump != nullptr ? kdump->headers().max_pfn : vmcore->memory_map().max_pfn(page_shift);
}

Result<DumpFile> open_dump_file(const std::string& path, const OpenOptions& options) {
  DumpFile file;
  file.path = path;
  std::unique_ptr<ByteSource> source = TRY(open_dump_source(path, options, &file.flattened));
  file.bytes = source->size();
  const std::string_view signature(diskdump::kSignature, sizeof diskdump::kSignature);
  const bool is_kdump = TRY(starts_with(*source, signature));
  TRY(is_kdump ? open_kdump(file, std::move(source)) : open_elf(file, std::move(source)));
  return file;
}

}  // namespace kdump
