// SPDX-License-Identifier: GPL-2.0-or-later
// Any file as an ELF core: its headers, its notes, and memory at the edges of what it claims to hold.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/vmcore/elf_core.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"

static void read_around(const kdump::Vmcore& core, kdump::PhysAddr addr) {
  std::byte out[8192];
  for (const uint64_t back : {0U, 1U, 4096U})
    for (const size_t size : {size_t{1}, sizeof out})
      static_cast<void>(core.read(addr - back, kdump::MutableBytes(out).first(size)));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto core = kdump::read_elf_core(
      std::make_unique<kdump::test::MemorySource>(kdump::ByteVector(bytes.begin(), bytes.end())));
  if (!core) return 0;
  kdump::PhysAddr last;
  size_t budget = 64;
  for (const kdump::MemorySegment& segment : (*core)->memory_map().segments()) {
    if (segment.range.empty() || segment.range.begin < last) std::abort();
    last = segment.range.end;
    if (budget == 0) continue;
    --budget;
    read_around(**core, segment.range.begin);
    read_around(**core, segment.range.end);
  }
  static_cast<void>((*core)->memory_map().pages(12));
  return 0;
}
