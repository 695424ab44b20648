// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/pipeline/copy_pages.h"

#include <deque>

#include "makedumpfile/pipeline/worker_pool.h"

namespace kdump {
namespace {

// Cuts the dumpable pages into batches, across windows. Only the last one is not full, and those before a
// page that is not wanted.
class BatchPlanner {
 public:
  BatchPlanner(const NextWindow& next, const WantPage& want) : next_(next), want_(want) {}

  // False when there are no more pages.
  Result<bool> fill(Batch& batch) {
    batch.pfns.clear();
    while (batch.pfns.size() < batch.page_capacity && TRY(find_page())) {
      const bool wanted = !want_ || want_(position_);
      if (!wanted && !batch.pfns.empty()) return true;
      if (wanted && batch.pfns.empty()) batch.index = index_;
      if (wanted) batch.pfns.push_back(position_);
      ++position_;
      ++index_;
    }
    return !batch.pfns.empty();
  }

 private:
  // Moves position_ to the next dumpable page.
  Result<bool> find_page() {
    while (true) {
      if (window_ != nullptr) {
        position_ = window_->next_set(position_);
        if (position_ < window_->window().end) return true;
      }
      window_ = done_ ? nullptr : TRY(next_());
      done_ = window_ == nullptr;
      if (done_) return false;
      position_ = window_->window().begin;
    }
  }

  const NextWindow& next_;
  const WantPage& want_;
  const Bitmap* window_ = nullptr;
  Pfn position_;
  uint64_t index_ = 0;  // of the page at position_
  bool done_ = false;
};

void count(const Batch& batch, CopyCounts& counts) {
  counts.written += batch.stored.size();
  for (const StoredPage& page : batch.stored) {
    counts.zero += page.fate == PageFate::zero ? 1 : 0;
    counts.lost += page.fate == PageFate::lost ? 1 : 0;
  }
}

}  // namespace

Status copy_pages(const EncoderSettings& settings, unsigned threads, const NextWindow& next,
                  const WantPage& want, PageWriter& writer, const CopyProgress& progress,
                  CopyCounts& counts) {
  const size_t bound = codec_row(settings.codec).create()->bound(settings.page_size);
  std::deque<Batch> batches;
  std::deque<Batch*> idle;
  for (unsigned i = 0; i < (threads <= 1 ? 1 : 2 * threads + 1); ++i) {
    idle.push_back(&batches.emplace_back(settings.page_size, bound));
  }
  BatchPlanner planner(next, want);
  size_t in_flight = 0;
  // Last, so that its threads have ended before what they use.
  WorkerPool pool(threads, [&] {
    return [encoder = std::make_shared<PageEncoder>(settings)](Batch& batch) { encoder->encode(batch); };
  });
  while (true) {
    while (!idle.empty() && TRY(planner.fill(*idle.front()))) {
      pool.submit(*idle.front());
      idle.pop_front();
      ++in_flight;
    }
    if (in_flight == 0) return {};
    Batch& batch = pool.take_oldest();
    --in_flight;
    TRY(writer.add({batch.index, batch.pfns, batch.stored, batch.data}));
    count(batch, counts);
    progress(counts.written);
    idle.push_back(&batch);
  }
}

}  // namespace kdump
