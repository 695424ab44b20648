// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's log: in the kernel image, or in memory taken at boot when log_buf_len= or the number of CPUs
// asked for more (kernel/printk/printk.c, setup_log_buf).
#include "makedumpfile/kernel/printk_ring_layout.h"
#include "makedumpfile/protect/finder.h"

namespace kdump {

Status find_log_ring(ProtectedSearch& search) {
  const PrintkRingLayout layout = TRY(printk_ring_layout(search.facts()));
  const PrintkRing ring = TRY(find_printk_ring(search.facts(), search.memory));
  search.add_mapped(ring.variables);
  uint64_t pages = search.add_mapped({ring.text, ring.text + ring.text_size});
  pages += search.add_mapped({ring.descs, ring.descs + ring.desc_count * layout.desc_size});
  pages += search.add_mapped({ring.infos, ring.infos + ring.desc_count * layout.info_size});
  if (pages == 0) return fail("the ring at {:#x} is not mapped", ring.variables.begin.value());
  return {};
}

}  // namespace kdump
