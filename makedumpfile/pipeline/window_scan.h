// SPDX-License-Identifier: GPL-2.0-or-later
// The memory map, window by window, several times: to count and to write the bitmaps, and once more or
// several times at once to copy.
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

// Classifies windows, several at once, and has the last of them.
class WindowLoader {
 public:
  // As PageFilter::classify.
  using Classify = std::function<Result<WindowResult>(Pfn window)>;
  // Changes what is found of a window; called from several threads.
  using Refine = std::function<void(WindowResult&)>;

  WindowLoader(const Classify& classify, Pfn max_pfn, unsigned threads)
      : classify_(classify), max_pfn_(max_pfn), threads_(threads) {}

  // Valid until the next call.
  Result<const WindowResult*> window(Pfn first, const Refine& refine);

 private:
  // Windows from `first` on, one a thread.
  Status load(Pfn first, const Refine& refine);

  const Classify& classify_;
  Pfn max_pfn_;
  unsigned threads_;
  std::vector<std::optional<WindowResult>> loaded_;  // neighbours, from loaded_first_ on
  Pfn loaded_first_;
};

class WindowScan {
 public:
  using Classify = WindowLoader::Classify;
  using Refine = WindowLoader::Refine;
  using Visit = std::function<Status(const WindowResult&)>;
  static constexpr size_t kKeptWindows = 64;  // 32 KiB each

  WindowScan(Classify classify, Pfn max_pfn, unsigned threads)
      : classify_(std::move(classify)), max_pfn_(max_pfn), threads_(threads) {}

  // `visit` sees every window in ascending order, as `refine` leaves it. May be made again, for a
  // classification that has changed; not beside a Pass.
  Status first_pass(const Visit& visit, const Refine& refine = {});

  // Another look at the pages of a range.
  class Pass {
   public:
    // The dumpable pages of the next window that has any of the range, and none outside of it; nullptr at the
    // end. Valid until the next call. They may be as classified or as refined.
    Result<const Bitmap*> next();

   private:
    friend class WindowScan;
    Pass(const WindowScan& scan, PfnRange range, unsigned threads)
        : scan_(scan),
          loader_(scan.classify_, scan.max_pfn_, threads),
          range_(range),
          position_(range.begin) {}

    const WindowScan& scan_;
    WindowLoader loader_;
    PfnRange range_;
    Pfn position_;
    std::optional<Bitmap> cut_;  // a window that reaches out of the range
  };

  // After the first pass, which must not be made again while this is used. Several may be used at once.
  [[nodiscard]] Pass pass(PfnRange range, unsigned threads) const { return {*this, range, threads}; }
  [[nodiscard]] Pass pass() const { return pass({Pfn(), max_pfn_}, threads_); }

 private:
  Classify classify_;
  Pfn max_pfn_;
  unsigned threads_;
  std::vector<Bitmap> kept_;
};

}  // namespace kdump
