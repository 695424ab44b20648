// SPDX-License-Identifier: GPL-2.0-or-later
// Module memory: whatever the page tables map where modules are loaded, and so what shares the place with
// them: BPF programs, trampolines of ftrace and kprobes (mm/execmem.c; arch/x86/mm/init.c,
// execmem_arch_setup).
#include "makedumpfile/protect/finder.h"

namespace kdump {

// A kernel may have none.
Status find_modules(ProtectedSearch& search) {
  search.add_mapped(search.module_area());
  return {};
}

}  // namespace kdump
