// SPDX-License-Identifier: GPL-2.0-or-later
// The pages that hold the struct pages: of all memory that has any, which is a little more than of the pages
// that are kept. Where hugetlb's tail pages share a
// page (CONFIG_HUGETLB_PAGE_OPTIMIZE_VMEMMAP, since f41f2ed43ca5, 5.14), the one they share is there once,
// and those given back are not mapped any more.
#include "makedumpfile/protect/finder.h"

namespace kdump {

Status find_vmemmap(ProtectedSearch& search) {
  const uint64_t struct_size = TRY(search.facts().need_size("page"));
  for (const MemMapRange& range : search.mem_map) {
    if (range.first == kUnknownPlace) continue;
    search.add_mapped({range.first, range.first + range.pages.size() * struct_size});
  }
  return {};
}

}  // namespace kdump
