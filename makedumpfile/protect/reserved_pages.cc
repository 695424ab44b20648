// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/protect/reserved_pages.h"

#include "makedumpfile/mm/page_ranges.h"

namespace kdump {

Result<ReservedPages> ReservedPages::of(ProtectedSearch& search) {
  const Facts& facts = search.facts();
  // PG_reserved comes right before PG_private in every enum pageflags there was.
  auto bit = facts.number("PG_reserved");
  if (!bit) bit = TRY(facts.need_number("PG_private")) - 1;
  const uint64_t size = TRY(facts.need_size("page")), flags = TRY(facts.need_offset("page.flags"));
  if (*bit >= 0 && *bit <= 63 && size <= 4096 && flags <= size && size - flags >= sizeof(uint64_t))
    return ReservedPages(search, size, flags, uint64_t{1} << *bit);
  return fail(ErrorKind::corrupt, "PG_reserved {}, SIZE(page) {}, page.flags at {}: no kernel has these",
              *bit, size, flags);
}

bool ReservedPages::contains(Pfn pfn) {
  if (!batch_.contains(pfn)) load(pfn);
  if (structs_.empty()) return false;
  le64 flags;
  std::memcpy(&flags, structs_.data() + (pfn - batch_.begin) * size_ + flags_, sizeof flags);
  return (flags & mask_) != 0;
}

void ReservedPages::load(Pfn pfn) {
  const Pfn begin(pfn.value() / kBatch * kBatch);
  batch_ = {pfn, pfn + 1};
  structs_.clear();
  const auto ranges = overlapping(search_->mem_map, batch_);
  if (ranges.empty() || ranges.front().first == kUnknownPlace) return;
  const MemMapRange& range = ranges.front();
  batch_ = intersection({begin, begin + kBatch}, range.pages);
  structs_.resize(batch_.size() * size_);
  if (!search_->memory.read(range.first + (batch_.begin - range.pages.begin) * size_, structs_))
    structs_.clear();
}

PfnRange ReservedPages::around(Pfn pfn, uint64_t reach) {
  PfnRange run{pfn, pfn + 1};
  while (run.begin > Pfn(0) && pfn - run.begin < reach && contains(run.begin - 1)) run.begin = run.begin - 1;
  while (run.end - pfn <= reach && contains(run.end)) ++run.end;
  return run;
}

}  // namespace kdump
