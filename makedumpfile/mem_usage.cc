// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/mem_usage.h"

#include <algorithm>

#include "makedumpfile/dump_state.h"
#include "makedumpfile/kernel/vmcoreinfo_search.h"
#include "makedumpfile/running_kernel.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {
namespace {

constexpr uint64_t kPagesAtOnce = 64;

class ZeroCounter {
 public:
  ZeroCounter(const Vmcore& vmcore, unsigned page_shift) : vmcore_(vmcore), page_shift_(page_shift) {}

  // How many of the pages are filled with zeros. One that cannot be read is not.
  uint64_t count(const Bitmap& pages) {
    uint64_t zero = 0;
    const Pfn end = pages.window().end;
    for (Pfn begin = pages.next_set(pages.window().begin); begin < end; begin = pages.next_set(begin)) {
      Pfn after = begin + 1;
      while (after < end && after - begin < kPagesAtOnce && pages.test(after)) after += 1;
      zero += count_run({begin, after});
      begin = after;
      if (begin >= end) break;
    }
    return zero;
  }

 private:
  uint64_t count_run(PfnRange run) {
    const uint64_t page_size = uint64_t{1} << page_shift_;
    buffer_.resize(run.size() * page_size);
    if (!vmcore_.read(PhysAddr(run.begin.value() << page_shift_), buffer_)) {
      if (run.size() == 1) return 0;
      uint64_t zero = 0;
      for (Pfn pfn = run.begin; pfn < run.end; pfn += 1) zero += count_run({pfn, pfn + 1});
      return zero;
    }
    uint64_t zero = 0;
    for (uint64_t page = 0; page < run.size(); ++page)
      zero += all_zero(Bytes(buffer_).subspan(page * page_size, page_size)) ? 1U : 0U;
    return zero;
  }

  const Vmcore& vmcore_;
  unsigned page_shift_;
  ByteVector buffer_;
};

Result<MemUsage> measure(const KernelInfo& kernel, unsigned threads, DumpObserver& observer) {
  const PageFilter filter = TRY(PageFilter::create(kernel, dump_level::kMax));
  for (const std::string& gap : filter.gaps()) observer.note(gap);
  const uint64_t max_pfn = filter.max_pfn().value();
  observer.step("Excluding unnecessary pages", max_pfn);
  ProgressGate progress(observer);
  ZeroCounter zeros(kernel.vmcore(), kernel.page_shift());
  MemUsage usage;
  usage.page_size = kernel.page_size();
  WindowScan scan([&filter](Pfn window) { return filter.classify(window); }, filter.max_pfn(), threads);
  const auto visit = [&](const WindowResult& window) -> Status {
    usage.pages += window.counts;
    usage.pages += window.earlier;
    usage.total += window.existing.count();
    usage.pages[PageClass::zero] += zeros.count(window.dumpable);
    progress(window.existing.window().end.value());
    return {};
  };
  TRY(scan.first_pass(visit));
  observer.progress(max_pfn);
  return usage;
}

}  // namespace

Result<MemUsage> measure_mem_usage(const DumpRequest& request, DumpObserver& observer) {
  // /proc/kcore has no mmap.
  const OpenOptions options{.use_mmap = false, .work_dir = request.work_dir};
  std::unique_ptr<Vmcore> vmcore = TRY(open_vmcore(request.vmcore, options));
  NamedFacts named = request.named;
  if (!is_running_kernel(request.vmcore)) {
    vmcore = with_vmcoreinfo(std::move(vmcore));
  } else if (named.empty() && vmcore->notes().vmcoreinfo().empty()) {
    named = TRY(facts_of_running_kernel(*vmcore, kSysVmcoreinfo));
  }
  const KernelInfo kernel = TRY(read_kernel_info(*vmcore, named));
  return measure(kernel, request.num_threads, observer);
}

std::string describe_mem_usage(const MemUsage& usage) {
  struct Row {
    const char* name;
    uint64_t pages;
    const char* excludable;
    const char* description;
  };
  const ClassCounts& pages = usage.pages;
  const uint64_t free = pages[PageClass::free] + pages[PageClass::unaccepted];
  const uint64_t unusable = pages[PageClass::hwpoison] + pages[PageClass::offline];
  const uint64_t excluded = pages[PageClass::zero] + pages[PageClass::cache] +
                            pages[PageClass::private_cache] + pages[PageClass::user] + free + unusable;
  const Row rows[] = {
      {"ZERO\t\t", pages[PageClass::zero], "yes", "Pages filled with zero"},
      {"NON_PRI_CACHE\t", pages[PageClass::cache], "yes", "Cache pages without private flag"},
      {"PRI_CACHE\t", pages[PageClass::private_cache], "yes", "Cache pages with private flag"},
      {"USER\t\t", pages[PageClass::user], "yes", "User process pages"},
      {"FREE\t\t", free, "yes", "Free pages"},
      {"KERN_DATA\t", usage.total - std::min(excluded, usage.total), "no", "Dumpable kernel data "},
  };
  std::string text = "\nTYPE\t\tPAGES\t\t\tEXCLUDABLE\tDESCRIPTION\n" + std::string(70, '-') + '\n';
  for (const Row& row : rows)
    text += fmt::format("{}{:<16}\t{}\t\t{}\n", row.name, row.pages, row.excludable, row.description);
  text += fmt::format("\npage size:\t\t{:<16}\n", usage.page_size);
  text += fmt::format("Total pages on system:\t{:<16}\n", usage.total);
  text += fmt::format("Total size on system:\t{:<16} Byte\n", usage.total * usage.page_size);
  return text;
}

}  // namespace kdump
