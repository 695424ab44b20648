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

  // Little module space: going through a full GiB of it takes a run's time when all of it is mapped.
  Fixture() { fuzzed.kernel.line("NUMBER(KERNEL_IMAGE_SIZE)=2113929216"); }
};

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
  const KernelInfo kernel =
      fixtures[chosen].fuzzed.with(std::as_bytes(std::span(data + 1, size - 1)), kStretches[chosen]);
  const auto mem_map = read_mem_map(kernel);
  const MemMapRange fallback[] = {
      {{Pfn(0), Pfn(FakeStructPages::kPages)}, VirtAddr(FakeStructPages::kVmemmap)}};
  check(ProtectedPages::find(kernel, mem_map ? std::span<const MemMapRange>(*mem_map) : fallback));
  return 0;
}
