// SPDX-License-Identifier: GPL-2.0-or-later
// mem_section, struct pages and the facts about them, among pages that are protected; and the self-check of
// what the filter makes of them.
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/filter/page_filter.h"
#include "makedumpfile/filter/self_check.h"
#include "tests/fuzz/fuzzed_kernel.h"
#include "tests/unit/makedumpfile/support/fake_protected.h"

namespace {

struct Fixture {
  kdump::test::FuzzedKernel fuzzed;
  kdump::test::FakeStructPages pages{fuzzed.kernel};
  kdump::test::FakeProtected fake{fuzzed.kernel};

  // Few pages and little room for modules: a run's time would be spent in going through them.
  Fixture() {
    fuzzed.kernel.line("NUMBER(KERNEL_IMAGE_SIZE)=2113929216");
    fuzzed.kernel.vmcore().show_only(kdump::test::FakeProtected::kImage, uint64_t{9} << 20);
  }
};

void check(const kdump::WindowResult& result) {
  uint64_t counted = 0, rescued = 0;
  for (size_t i = 0; i < kdump::kPageClassCount; ++i) {
    counted += result.counts[static_cast<kdump::PageClass>(i)];
    rescued += result.rescued[static_cast<kdump::PageClass>(i)];
  }
  const uint64_t protected_pages = result.counts[kdump::PageClass::protected_];
  if (counted - protected_pages != result.existing.count()) std::abort();
  if (result.dumpable.count() != result.counts[kdump::PageClass::kept]) std::abort();
  if (rescued > protected_pages) std::abort();
}

// The check takes rules away and never gives any; what it takes away is taken away for a reason.
void check_the_check(const kdump::KernelInfo& kernel, int rules, const kdump::WindowResult& result) {
  std::vector<std::string> reasons;
  const kdump::KernelCounters counters = read_kernel_counters(kernel);
  int left = apply_findings(rules, check_facts(kernel.facts()), reasons);
  left = apply_findings(
      left, check_classified(left, result.counts, result.rescued, result.evidence, counters), reasons);
  if ((left & kdump::dump_level::kMax & ~rules) != 0) std::abort();
  if ((left == rules) != reasons.empty()) std::abort();
}

}  // namespace

// The input's first byte is the dump level, and whether the memory is mem_section's or struct pages'.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Fixture roots, struct_pages;
  if (size == 0) return 0;
  const bool over_roots = (data[0] & 0x20) != 0;
  const auto input = std::as_bytes(std::span(data + 1, size - 1));
  const kdump::KernelInfo& kernel =
      over_roots ? roots.fuzzed.with(input, kdump::test::FakeStructPages::kRoots)
                 : struct_pages.fuzzed.with(input, kdump::test::FakeStructPages::kPlace);
  const auto filter = kdump::PageFilter::create(kernel, data[0] & 31);
  if (!filter) return 0;
  const auto result = filter->classify(kdump::Pfn(0));
  if (!result) std::abort();
  check(*result);
  check_the_check(kernel, data[0] & 31, *result);
  for (const kdump::PfnRange& range : filter->protected_pages().ranges())
    if (range.empty() || range.end > filter->max_pfn()) std::abort();
  return 0;
}
