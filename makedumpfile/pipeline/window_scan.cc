// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/pipeline/window_scan.h"

#include <algorithm>

#include "common/parallel.h"

namespace kdump {
namespace {

constexpr uint64_t kPages = PageFilter::kWindowPages;

}  // namespace

Status WindowLoader::load(Pfn first, const Refine& refine) {
  const uint64_t left = (max_pfn_ - first + kPages - 1) / kPages;
  loaded_.assign(std::min<uint64_t>(left, std::max(threads_, 1U)), std::nullopt);
  loaded_first_ = first;
  return parallel_for(loaded_.size(), threads_, [&](size_t i) -> Status {
    loaded_[i] = TRY(classify_(first + i * kPages));
    if (refine) refine(*loaded_[i]);
    return {};
  });
}

Result<const WindowResult*> WindowLoader::window(Pfn first, const Refine& refine) {
  const bool loaded = first >= loaded_first_ && first < loaded_first_ + loaded_.size() * kPages;
  if (!loaded) TRY(load(first, refine));
  return &*loaded_[(first - loaded_first_) / kPages];
}

Status WindowScan::first_pass(const Visit& visit, const Refine& refine) {
  WindowLoader loader(classify_, max_pfn_, threads_);
  kept_.clear();
  for (Pfn first; first < max_pfn_; first += kPages) {
    const WindowResult* result = TRY(loader.window(first, refine));
    if (kept_.size() < kKeptWindows) kept_.push_back(result->dumpable);
    TRY(visit(*result));
  }
  return {};
}

Result<const Bitmap*> WindowScan::Pass::next() {
  if (position_ >= range_.end) return nullptr;
  const size_t index = position_.value() / kPages;
  const Pfn first(index * kPages);
  const Bitmap* bitmap =
      index < scan_.kept_.size() ? &scan_.kept_[index] : &TRY(loader_.window(first, {}))->dumpable;
  const PfnRange window = bitmap->window();
  position_ = window.end;
  if (range_.begin <= window.begin && window.end <= range_.end) return bitmap;
  cut_ = *bitmap;
  cut_->clear_range({window.begin, range_.begin});
  cut_->clear_range({range_.end, window.end});
  return &*cut_;
}

}  // namespace kdump
