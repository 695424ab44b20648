// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/pipeline/divide_pages.h"

#include <algorithm>

namespace kdump {
namespace {

// Sees the pages block after block, and ends a part where it has its share of them.
class Divider {
 public:
  Divider(uint64_t dumpable, size_t parts, uint64_t block_pages)
      : dumpable_(dumpable), parts_(parts), block_pages_(block_pages) {}

  void see(const Bitmap& window) {
    for (Pfn at = window.window().begin; at < window.window().end;) {
      const Pfn block_end((at.value() / block_pages_ + 1) * block_pages_);
      const Pfn end = std::min(block_end, window.window().end);
      seen_ += window.count_range({at, end});
      if (end == block_end) end_block(end);
      at = end;
    }
  }

  std::vector<PartPages> finish(Pfn max_pfn) {
    while (done_.size() < parts_) end_part(max_pfn);
    return std::move(done_);
  }

 private:
  // The last part has all that is left.
  void end_block(Pfn end) {
    const auto share = [&] { return dumpable_ / parts_ * (done_.size() + 1); };
    while (done_.size() + 1 < parts_ && seen_ >= share() && seen_ != counted_) end_part(end);
  }

  void end_part(Pfn end) {
    const Pfn begin = done_.empty() ? Pfn() : done_.back().range.end;
    done_.push_back({{begin, end}, (done_.size() + 1 < parts_ ? seen_ : dumpable_) - counted_});
    counted_ += done_.back().dumpable;
  }

  uint64_t dumpable_;
  size_t parts_;
  uint64_t block_pages_;
  uint64_t seen_ = 0;
  uint64_t counted_ = 0;  // of those, in done_
  std::vector<PartPages> done_;
};

}  // namespace

Result<std::vector<PartPages>> divide_pages(WindowScan::Pass pass, Pfn max_pfn, uint64_t dumpable,
                                            size_t parts, uint64_t block_pages) {
  Divider divider(dumpable, parts, block_pages);
  while (const Bitmap* window = TRY(pass.next())) divider.see(*window);
  return divider.finish(max_pfn);
}

}  // namespace kdump
