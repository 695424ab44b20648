// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/pipeline/zero_runs.h"

#include <algorithm>
#include <memory>

namespace kdump {
namespace {

// Pages [begin, end) of one window, looked at in ascending order and once each, but for probes.
class ZeroPages {
 public:
  ZeroPages(const Vmcore& vmcore, uint64_t page_size, const Bitmap& dumpable)
      : vmcore_(vmcore),
        page_size_(page_size),
        dumpable_(dumpable),
        buffer_(std::make_unique_for_overwrite<std::byte[]>(kBufferBytes)) {}

  // Whether nothing is lost without the page.
  bool is_empty(Pfn pfn) { return !dumpable_.test(pfn) || is_zero(pfn); }

 private:
  static constexpr size_t kBufferBytes = size_t{256} << 10;

  bool is_zero(Pfn pfn) {
    if (!have_.contains(pfn) && !load(pfn)) return false;
    const Bytes page(buffer_.get() + (pfn - have_.begin) * page_size_, page_size_);
    return all_zero(page);
  }

  // Neighbours that will be asked for next come along once one after the other was.
  bool load(Pfn pfn) {
    const bool goes_on = pfn == have_.end;
    Pfn end = pfn + 1;
    const Pfn limit = std::min(dumpable_.window().end, pfn + kBufferBytes / page_size_);
    while (goes_on && end < limit && dumpable_.test(end)) ++end;
    return read({pfn, end}) || read({pfn, pfn + 1});
  }

  bool read(PfnRange pages) {
    const MutableBytes room(buffer_.get(), pages.size() * page_size_);
    const bool done = vmcore_.read(PhysAddr(pages.begin.value() * page_size_), room).has_value();
    have_ = done ? pages : PfnRange{};
    return done;
  }

  const Vmcore& vmcore_;
  uint64_t page_size_;
  const Bitmap& dumpable_;
  std::unique_ptr<std::byte[]> buffer_;
  PfnRange have_;  // in buffer_
};

}  // namespace

void leave_out_zero_runs(const Vmcore& vmcore, uint64_t page_size, WindowResult& window) {
  Bitmap& dumpable = window.dumpable;
  const PfnRange pages = dumpable.window();
  ZeroPages zeros(vmcore, page_size, dumpable);
  Pfn seen = pages.begin;  // no long run begins before this
  for (Pfn probe = pages.begin; probe < pages.end; probe += kZeroRunPages) {
    if (probe < seen || !zeros.is_empty(probe)) continue;
    PfnRange run{probe, probe + 1};
    while (run.begin > seen && zeros.is_empty(run.begin - 1)) run.begin = run.begin - 1;
    while (run.end < pages.end && zeros.is_empty(run.end)) ++run.end;
    seen = run.end;
    if (run.size() < kZeroRunPages) continue;
    const uint64_t cleared = dumpable.clear_range(run);
    window.counts[PageClass::zero] += cleared;
  }
}

}  // namespace kdump
