// SPDX-License-Identifier: GPL-2.0-or-later
// Symbols, variables, page tables and the log ring of a hostile kernel, from which protected pages are found.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/protect/protected_pages.h"
#include "tests/fuzz/fuzzed_kernel.h"
#include "tests/unit/makedumpfile/support/fake_printk_ring.h"
#include "tests/unit/makedumpfile/support/fake_protected.h"

namespace {

using namespace kdump;
using namespace kdump::test;

struct Fixture {
  FuzzedKernel fuzzed;
  FakeStructPages pages{fuzzed.kernel};
  FakePrintkRing ring{fuzzed.kernel};
  FakeProtected fake{fuzzed.kernel};

  Fixture() {
    for (const uint64_t page : {0U, 2U, 3U})
      fuzzed.kernel.map(FakeKernel::kImageBase + kImageArea + page * 4096, 0x760000 + page * 4096, 12);
  }
  static constexpr uint64_t kImageArea = uint64_t{16} << 20, kModuleArea = uint64_t{4} << 20;
};

// As x86_64, but for areas that are soon gone through when all of them is mapped.
KernelLayout small_layout() {
  KernelLayout layout = kX86_64.kernel;
  layout.image_size = Fixture::kImageArea;
  layout.modules_end = layout.image + Fixture::kImageArea + Fixture::kModuleArea;
  layout.cpu_entries.end = layout.cpu_entries.begin + (uint64_t{1} << 20);
  return layout;
}

// What the input's first byte says that the rest is put over.
constexpr uint64_t kStretches[] = {FakeProtected::kVariables, FakePrintkRing::kPointer, 0x100000,
                                   FakeStructPages::kRoots};

void check(const ProtectedPages& found) {
  Pfn last(0);
  uint64_t pages = 0;
  for (const PfnRange& range : found.ranges()) {
    if (range.empty() || range.begin < last || range.end > Pfn(FakeKernel::kMemorySize / 4096)) std::abort();
    last = range.end;
    pages += range.size();
  }
  for (size_t i = 0; i < kProtectionCount; ++i)
    if (found.pages(static_cast<Protection>(i)) > pages) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Fixture fixtures[std::size(kStretches)];
  if (size == 0) return 0;
  const size_t chosen = data[0] % std::size(kStretches);
  const KernelInfo& kernel =
      fixtures[chosen].fuzzed.with(std::as_bytes(std::span(data + 1, size - 1)), kStretches[chosen]);
  static const KernelLayout layout = small_layout();
  const auto mem_map = read_mem_map(kernel);
  const MemMapRange fallback[] = {
      {{Pfn(0), Pfn(FakeStructPages::kPages)}, VirtAddr(FakeStructPages::kVmemmap)}};
  check(ProtectedPages::find(kernel, mem_map ? std::span<const MemMapRange>(*mem_map) : fallback, &layout));
  return 0;
}
