// SPDX-License-Identifier: GPL-2.0-or-later
// Files that say of themselves to be parts of one dump, with headers and bitmaps changed by the input: a set
// that is accepted covers every page once, and can be read from end to end.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/vmcore/split_set.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/kdump_builder.h"

namespace {

constexpr uint64_t kPages = 32;

// Two bytes of the input: where the part begins and ends.
kdump::ByteVector part_of(uint8_t begin, uint8_t end) {
  kdump::test::KdumpBuilder<> builder(kPages);
  for (uint64_t pfn = 0; pfn < kPages; pfn += 3) builder.add_lost(pfn);
  builder.split(begin, end);
  return builder.build();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kMaxParts = 3;
  std::vector<std::unique_ptr<kdump::KdumpFile>> parts;
  for (; size >= 6 && parts.size() < kMaxParts; data += 6, size -= 6) {
    kdump::ByteVector bytes = part_of(data[0], data[1]);
    // And one byte of it, anywhere, is another.
    const size_t place = (size_t{data[2]} << 8 | data[3]) % bytes.size();
    if (data[4] != 0) bytes[place] ^= std::byte{data[5]};
    auto part = kdump::KdumpFile::open(std::make_unique<kdump::test::MemorySource>(std::move(bytes)));
    if (part) parts.push_back(std::move(*part));
  }
  const auto set = kdump::SplitSet::join(std::move(parts));
  if (!set) return 0;
  kdump::Pfn end;
  for (const auto& part : (*set)->parts()) {
    if (part->headers().part.begin != end) std::abort();
    end = part->headers().part.end;
  }
  if (end != (*set)->parts().front()->headers().max_pfn) std::abort();
  std::byte page[4096];
  for (uint64_t pfn = 0; pfn < std::min(end.value(), kPages); ++pfn)
    static_cast<void>((*set)->read(kdump::PhysAddr(pfn * sizeof page), page));
  return 0;
}
