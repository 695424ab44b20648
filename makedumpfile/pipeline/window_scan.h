// SPDX-License-Identifier: GPL-2.0-or-later
// The memory map, window by window, twice: once to count and to write the bitmaps, once more to copy.
//
// No bitmap of the whole machine is ever in memory. The first windows' dumpable bits are kept (all of a
// machine of up to 64 GiB), the others are classified again, which costs about 13 ns a page.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "common/error.h"
#include "makedumpfile/filter/page_filter.h"

namespace kdump {

class WindowScan {
 public:
  // As PageFilter::classify.
  using Classify = std::function<Result<WindowResult>(Pfn window)>;
  using Visit = std::function<Status(const WindowResult&)>;
  // Changes what the first pass sees of a window; called from several threads.
  using Refine = std::function<void(WindowResult&)>;
  static constexpr size_t kKeptWindows = 64;  // 32 KiB each

  WindowScan(Classify classify, Pfn max_pfn, unsigned threads)
      : classify_(std::move(classify)), max_pfn_(max_pfn), threads_(threads) {}

  // First pass: `visit` sees every window in ascending order. May be made again, for a classification that
  // has changed.
  Status first_pass(const Visit& visit, const Refine& refine = {});
  // Second pass: the next window's dumpable pages, nullptr at the end; valid until the next call. They may be
  // as classified or as refined.
  Result<const Bitmap*> next();
  // The second pass again, from the first window on.
  void rewind() { position_ = Pfn(); }

 private:
  // Classifies windows from `first` on, one a thread.
  Status load(Pfn first, const Refine& refine);
  Result<const WindowResult*> window(Pfn first, const Refine& refine);

  Classify classify_;
  Pfn max_pfn_;
  unsigned threads_;
  std::vector<std::optional<WindowResult>> loaded_;  // neighbours, from loaded_first_ on
  Pfn loaded_first_;
  std::vector<Bitmap> kept_;
  Pfn position_;  // of the second pass
};

}  // namespace kdump
