// SPDX-License-Identifier: GPL-2.0-or-later
// Nodes, zones and their free lists, with the struct pages that the lists go through.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/filter/free_lists.h"
#include "tests/fuzz/fuzzed_kernel.h"
#include "tests/unit/makedumpfile/support/fake_zones.h"

namespace {

using namespace kdump;
using namespace kdump::test;

struct Fixture {
  FuzzedKernel fuzzed;
  FakeStructPages pages{fuzzed.kernel};
  FakeZones zones{fuzzed.kernel};

  Fixture() {
    zones.add(0, 10, 0, {1024, 2048});
    zones.add(0, 4, 1, {64, 128});
    zones.add(1, 0, 2, {5, 7, 9});
    for (const uint64_t pfn : {1024U, 2048U}) pages.free_block(pfn, 10);
  }
};

// What the input's first byte says that the rest is put over: node_data, the zones, the struct pages.
constexpr uint64_t kStretches[] = {FakeZones::kNodeData, FakeZones::kNode, FakeZones::kNodeZones,
                                   FakeStructPages::kPlace};
constexpr size_t kMaxBlocks = 256;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Fixture fixtures[std::size(kStretches)];
  if (size == 0) return 0;
  const size_t chosen = data[0] % std::size(kStretches);
  const KernelInfo& kernel =
      fixtures[chosen].fuzzed.with(std::as_bytes(std::span(data + 1, size - 1)), kStretches[chosen]);
  const std::vector<MemMapRange> mem_map = {
      {{Pfn(0), Pfn(FakeStructPages::kPages)}, VirtAddr(FakeStructPages::kVmemmap)}};
  const auto found = read_free_lists(kernel, mem_map, 64, kMaxBlocks);
  if (!found) return 0;
  Pfn last(0);
  for (const PfnRange& range : found->pages) {
    if (range.empty() || range.begin < last || range.end > Pfn(FakeStructPages::kPages)) std::abort();
    last = range.end;
  }
  return 0;
}
