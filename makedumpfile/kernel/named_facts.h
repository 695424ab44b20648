// SPDX-License-Identifier: GPL-2.0-or-later
// Facts from a file that the user named: a vmlinux (-x), or a text of VMCOREINFO lines (-i). Both come down
// to VMCOREINFO lines. Their addresses are those of the link, or of the boot that the lines were recorded on
// (KERNELOFFSET); here they are moved to where the dead kernel was.
#pragma once

#include <cstdint>
#include <string>

#include "common/error.h"
#include "common/units.h"
#include "makedumpfile/vmcore/vmcore.h"
#include "makedumpfile/vmcore/vmcoreinfo.h"

namespace kdump {

class Facts;
class KernelInfo;

struct NamedFacts {
  std::string file;      // its name, for messages; empty: the user named none
  uint16_t machine = 0;  // elf::EM_… of a vmlinux; 0: the file is a text, and does not say
  Vmcoreinfo lines;

  [[nodiscard]] bool empty() const { return file.empty(); }
};

// Named facts brought together with a dump.
class PlacedFacts {
 public:
  // Without named facts there is nothing to place, and nothing fails. Where the kernel was: from the dump's
  // VMCOREINFO, else from the PT_LOAD that maps the kernel's image. What finds the page tables and is not
  // told (phys_base, the number of levels, the encryption mask) is found out. Errors: the file is of another
  // machine or release (ErrorKind::mismatch); nothing in the dump tells where the kernel was.
  static Result<PlacedFacts> place(const NamedFacts& named, const Vmcore& vmcore,
                                   const Vmcoreinfo& vmcoreinfo);

  // The dump's own lines, and those of the file that it does not have.
  [[nodiscard]] Vmcoreinfo merged(const Vmcoreinfo& vmcoreinfo) const;
  // Adds every fact of the file that is not there yet.
  void add_to(Facts& facts) const;

 private:
  Vmcoreinfo lines_;  // addresses as in the dead kernel
};

// Refuses a file of another kernel than the dump's: by release, and by build id where both tell theirs.
// `kernel` has the file's facts already. ErrorKind::mismatch: the release is another.
Status check_same_kernel(const NamedFacts& named, const KernelInfo& kernel);

}  // namespace kdump
