// SPDX-License-Identifier: GPL-2.0-or-later
// Memory that never went to the page allocator, as its struct pages say (PG_reserved): what is left to go by
// where symbols are not known.
#pragma once

#include "makedumpfile/protect/finder.h"

namespace kdump {

class ReservedPages {
 public:
  // `search` must outlive it. Errors: the facts do not tell what to look at.
  static Result<ReservedPages> of(ProtectedSearch& search);

  // false, too, where the struct page cannot be read.
  bool contains(Pfn pfn);
  // The reserved pages around one that is, at most `reach` to either side.
  PfnRange around(Pfn pfn, uint64_t reach);

 private:
  static constexpr uint64_t kBatch = 512;  // struct pages read at once

  ReservedPages(ProtectedSearch& search, uint64_t size, uint64_t flags, uint64_t mask)
      : search_(&search), size_(size), flags_(flags), mask_(mask) {}
  void load(Pfn pfn);

  ProtectedSearch* search_;
  uint64_t size_, flags_, mask_;  // of struct page, of its flags in it, of PG_reserved in those
  PfnRange batch_{};
  ByteVector structs_;  // of the batch, empty when they cannot be read
};

}  // namespace kdump
