// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/arch/architecture.h"

namespace kdump {

Result<const Architecture*> find_architecture(uint16_t machine) {
  static const Architecture* const kArchitectures[] = {&kX86_64};
  for (const Architecture* architecture : kArchitectures)
    if (architecture->machine == machine) return architecture;
  return fail(ErrorKind::unsupported,
              "the page tables of ELF machine {} are not supported yet (x86_64, 62, is)", machine);
}

}  // namespace kdump
