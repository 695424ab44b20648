// SPDX-License-Identifier: GPL-2.0-or-later
// The classify pass: which pages of a window of memory the dump keeps at a dump level.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "common/error.h"
#include "makedumpfile/filter/bitmap.h"
#include "makedumpfile/filter/dump_level.h"
#include "makedumpfile/filter/evidence.h"
#include "makedumpfile/filter/page_class.h"
#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/protect/protected_pages.h"

namespace kdump {

struct WindowResult {
  Bitmap existing;            // pages with data in the dump (bitmap 1)
  Bitmap dumpable;            // pages the dump keeps (bitmap 2); zero pages are still in it
  ClassCounts counts;         // of the existing pages; zero and unreadable are found only while copying
  ClassCounts rescued{};      // kept all the same, since they are protected, by the class the rules gave them
  uint64_t unclassified = 0;  // pages kept because their struct pages could not be read
  Evidence evidence{};        // for the self-check
  // Of the pages that the input does not hold (counts[PageClass::earlier]), which `existing` has and
  // `dumpable` has not, those that the rules leave out, by the class they give them.
  ClassCounts earlier{};
};

class PageFilter {
 public:
  // Pages a window: 1 GiB of 4 KiB pages, so that no buddy block and no hugetlb page crosses windows.
  static constexpr uint64_t kWindowPages = uint64_t{1} << 18;

  // `kernel` must outlive the filter. Levels of at most 1 need no facts, but where there are any they leave
  // out poisoned and offline pages, too; others fail, naming the missing fact and what to do, when the struct
  // pages cannot be found.
  static Result<PageFilter> create(const KernelInfo& kernel, int level);
  PageFilter(PageFilter&&) noexcept;
  PageFilter& operator=(PageFilter&&) noexcept;
  ~PageFilter();

  // From now on other rules hold than create()'s level, of the bits of dump_level.h. Not beside classify().
  void apply(int rules);

  // Classifies [window, window + kWindowPages) cut off at max_pfn; `window` is a multiple of kWindowPages.
  // The same result at each call; may be called from several threads. Struct pages that cannot be read leave
  // their pages kept. Protected pages are kept, too, but for poisoned ones: reading those may stop the
  // machine.
  [[nodiscard]] Result<WindowResult> classify(Pfn window) const;

  // One past the highest page of the dump (max_mapnr of the formats): of its memory, without what lies behind
  // the last struct page.
  [[nodiscard]] Pfn max_pfn() const;

  // What the facts do not allow to tell, one line each, for the user: such pages stay in the dump, or are not
  // protected.
  [[nodiscard]] std::span<const std::string> gaps() const;

  // None where nothing is classified.
  [[nodiscard]] const ProtectedPages& protected_pages() const;

 private:
  struct Impl;
  explicit PageFilter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kdump
