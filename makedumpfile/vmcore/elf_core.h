// SPDX-License-Identifier: GPL-2.0-or-later
// ELF64 cores of either byte order: /proc/vmcore and copies of it, QEMU's dump-guest-memory.
//
// Differences between writers that are met here: program headers anywhere (e_phoff), their count beyond 16
// bits (PN_XNUM), any number of PT_NOTEs anywhere, PT_LOADs that overlap (the kernel image is in two), that
// hold less than they describe (p_filesz < p_memsz: the rest was excluded by an earlier filter) or that have
// no physical address (p_paddr of all ones).
#pragma once

#include <memory>

#include "makedumpfile/vmcore/byte_source.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

// Errors name the file, the offset and the field that is off; ELF32 and files that are no core are
// ErrorKind::unsupported.
Result<std::unique_ptr<Vmcore>> read_elf_core(std::unique_ptr<ByteSource> source);

}  // namespace kdump
