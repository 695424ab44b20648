// SPDX-License-Identifier: GPL-2.0-or-later
// Every table that the kernel's own root leads to. The tables of processes hang on other roots, but share
// these in their upper half.
#include "makedumpfile/arch/table_pages.h"
#include "makedumpfile/protect/finder.h"

namespace kdump {

Status find_page_tables(ProtectedSearch& search) {
  const PageTable table = TRY(Result<PageTable>(search.kernel.address_space().page_table()));
  return for_each_table(search.kernel.vmcore(), table, [&](PhysRange memory) { search.add(memory); });
}

}  // namespace kdump
