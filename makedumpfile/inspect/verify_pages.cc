// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/inspect/verify_pages.h"

#include <algorithm>
#include <mutex>

#include "common/parallel.h"

namespace kdump {
namespace {

constexpr uint64_t kWindowPages = 32768;  // a thread's piece
constexpr uint64_t kBatchBytes = uint64_t{256} << 10;

// Works through one window.
class WindowVerifier {
 public:
  WindowVerifier(const DumpFile& file, const Vmcore* against, ProblemList& problems)
      : file_(file), against_(against), problems_(problems), page_size_(uint64_t{1} << file.page_shift) {}

  Result<PageCounts> verify(PfnRange window) {
    for (const PfnRange& range : TRY(file_.stored(window))) {
      const uint64_t most = std::max<uint64_t>(kBatchBytes / page_size_, 1);
      for (Pfn pfn = range.begin; pfn < range.end; pfn += most)
        verify_batch({pfn, std::min(pfn + most, range.end)});
    }
    return counts_;
  }

 private:
  [[nodiscard]] PhysAddr address(Pfn pfn) const { return PhysAddr(pfn.value() * page_size_); }

  void verify_batch(PfnRange pages) {
    ours_.resize(pages.size() * page_size_);
    if (file_.vmcore->read(address(pages.begin), ours_)) {
      counts_.read += pages.size();
      compare(pages);
      return;
    }
    // Some page of it is bad: find out which.
    for (Pfn pfn = pages.begin; pfn < pages.end; ++pfn) verify_page(pfn);
  }

  void verify_page(Pfn pfn) {
    ours_.resize(page_size_);
    const Status read = file_.vmcore->read(address(pfn), ours_);
    if (read) {
      ++counts_.read;
      compare({pfn, pfn + 1});
    } else if (is_lost(pfn)) {
      ++counts_.lost;
    } else {
      ++counts_.damaged;
      problems_.add(pfn.value(), fmt::format("page {:#x}: {}", pfn.value(), read.error().message()));
    }
  }

  // An ELF core has no word for a page that is lost; one that was given up ends where it ends.
  [[nodiscard]] bool is_lost(Pfn pfn) const {
    if (file_.kdump == nullptr) return file_.incomplete;
    const auto index = file_.kdump->descriptor_index(pfn);
    PageDescriptor page;
    return index && file_.kdump->read_descriptors(*index, std::span(&page, 1)) && page.lost();
  }

  void compare(PfnRange pages) {
    if (against_ == nullptr) return;
    theirs_.resize(ours_.size());
    if (against_->read(address(pages.begin), theirs_) && theirs_ == ours_) {
      counts_.equal += pages.size();
      return;
    }
    for (Pfn pfn = pages.begin; pfn < pages.end; ++pfn) compare_page(pfn, (pfn - pages.begin) * page_size_);
  }

  void compare_page(Pfn pfn, uint64_t place) {
    const MutableBytes theirs = MutableBytes(theirs_).first(page_size_);
    if (const Status read = against_->read(address(pfn), theirs); !read) {
      ++counts_.not_comparable;
      problems_.add(pfn.value(), fmt::format("page {:#x}: {}", pfn.value(), read.error().message()));
    } else if (std::ranges::equal(theirs, Bytes(ours_).subspan(place, page_size_))) {
      ++counts_.equal;
    } else if (file_.kdump == nullptr && all_zero(Bytes(ours_).subspan(place, page_size_))) {
      ++counts_.blanked;
    } else {
      ++counts_.different;
      problems_.add(pfn.value(), fmt::format("page {:#x} is not that of {}", pfn.value(), against_->name()));
    }
  }

  const DumpFile& file_;
  const Vmcore* against_;
  ProblemList& problems_;
  uint64_t page_size_;
  PageCounts counts_;
  ByteVector ours_, theirs_;
};

void add(PageCounts& sum, const PageCounts& more) {
  sum.read += more.read;
  sum.lost += more.lost;
  sum.damaged += more.damaged;
  sum.equal += more.equal;
  sum.different += more.different;
  sum.not_comparable += more.not_comparable;
  sum.blanked += more.blanked;
}

// Memory of which something may be stored.
Result<std::vector<PfnRange>> memory_of(const DumpFile& file) {
  if (file.kdump == nullptr) return file.stored({Pfn(), file.max_pfn()});
  return file.vmcore->memory_map().pages(file.page_shift);
}

// Pieces of it, so that holes cost nothing.
std::vector<PfnRange> windows_of(const DumpFile& file, std::span<const PfnRange> memory) {
  std::vector<PfnRange> windows;
  uint64_t last = UINT64_MAX;
  for (const PfnRange& range : memory) {
    for (uint64_t i = range.begin.value() / kWindowPages; i * kWindowPages < range.end.value(); ++i) {
      if (i == last) continue;
      last = i;
      windows.push_back({Pfn(i * kWindowPages), std::min(Pfn((i + 1) * kWindowPages), file.max_pfn())});
    }
  }
  return windows;
}

}  // namespace

Result<PageCounts> verify_pages(const DumpFile& file, const Vmcore* against, unsigned threads,
                                ProblemList& problems, const std::function<void(uint64_t)>& progress) {
  const std::vector<PfnRange> memory = TRY(memory_of(file));
  const std::vector<PfnRange> windows = windows_of(file, memory);
  PageCounts sum;
  std::mutex mutex;
  const auto verify = [&](size_t i) -> Status {
    const PageCounts counts = TRY(WindowVerifier(file, against, problems).verify(windows[i]));
    const std::scoped_lock lock(mutex);
    add(sum, counts);
    progress(sum.read + sum.lost + sum.damaged);
    return {};
  };
  TRY(parallel_for(windows.size(), threads, verify));
  return sum;
}

}  // namespace kdump
