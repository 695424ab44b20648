// SPDX-License-Identifier: GPL-2.0-or-later
// Any file as a kdump-compressed dump: headers, notes, bitmaps, descriptors, and pages at the edges of what
// it claims to hold. Two of it make a split set.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/vmcore/kdump_file.h"
#include "makedumpfile/vmcore/split_set.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"

namespace {

constexpr size_t kMaxInput = size_t{64} << 10;

kdump::Result<std::unique_ptr<kdump::KdumpFile>> open(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  return kdump::KdumpFile::open(
      std::make_unique<kdump::test::MemorySource>(kdump::ByteVector(bytes.begin(), bytes.end())));
}

void read_around(const kdump::Vmcore& dump, kdump::PhysAddr addr) {
  std::byte out[8192];
  for (const uint64_t back : {0U, 1U, 4096U})
    for (const size_t size : {size_t{1}, sizeof out})
      static_cast<void>(dump.read(addr - back, kdump::MutableBytes(out).first(size)));
}

void check_file(const kdump::KdumpFile& file) {
  kdump::PhysAddr last;
  size_t budget = 8;
  for (const kdump::MemorySegment& segment : file.memory_map().segments()) {
    if (segment.range.empty() || segment.range.begin < last) std::abort();
    last = segment.range.end;
    if (budget == 0) continue;
    --budget;
    read_around(file, segment.range.begin);
    read_around(file, segment.range.end);
  }
  const kdump::Pfn end = file.headers().max_pfn;
  if (file.dumpable().rank(end).value_or(0) != file.dumpable().count()) std::abort();
  const kdump::PfnRange window{kdump::Pfn(), std::min(end, kdump::Pfn(1024))};
  const auto excluded = file.excluded_earlier(window, 12);
  if (excluded)
    for (const kdump::PfnRange& range : *excluded)
      if (range.empty() || range.end > window.end) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kMaxInput) return 0;
  const auto file = open(data, size);
  if (!file) return 0;
  check_file(**file);
  if (!(*file)->headers().split) return 0;
  std::vector<std::unique_ptr<kdump::KdumpFile>> parts;
  for (int i = 0; i < 2; ++i)
    if (auto part = open(data, size)) parts.push_back(std::move(*part));
  const auto set = kdump::SplitSet::join(std::move(parts));
  if (set) read_around(**set, kdump::PhysAddr((*set)->parts().front()->headers().part.end.value() * 4096));
  return 0;
}
