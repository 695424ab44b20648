// SPDX-License-Identifier: GPL-2.0-or-later
// VMCOREINFO of dumps whose writer did not hand it on, from the dead kernel's own memory. QEMU has it, and
// virsh dump --memory-only, with `-device vmcoreinfo` and a guest that runs qemu_fw_cfg alone.
//
// The kernel makes the note when it boots, in whole pages of its own (kernel/vmcore_info.c, before 6.9
// kernel/crash_core.c: crash_save_vmcoreinfo_init(), alloc_pages_exact()), and makes it again with CRASHTIME
// when it crashes. Older kernels have it somewhere in .bss, where it is not looked for.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

struct FoundVmcoreinfo {
  PhysAddr place;  // of the note
  std::string text;
};

// Looks at the beginning of every page. A note is the dead kernel's when the page tables that it tells of
// lead to the release that it tells; of several such, as where a capture kernel was running too, it is the
// one with CRASHTIME. nullopt: there is none, or the machine is of an architecture that is not built in.
// Errors: there are several, and nothing tells which is meant.
Result<std::optional<FoundVmcoreinfo>> search_vmcoreinfo(const Vmcore& vmcore);

// The same dump; one without VMCOREINFO gets the note found in its memory in front of its own notes, and
// `tell`, where there is one, hears of it, or why none was taken. That there is none at all is nothing to be
// told: who needs a line of it will miss it.
std::unique_ptr<Vmcore> with_vmcoreinfo(std::unique_ptr<Vmcore> vmcore,
                                        const std::function<void(std::string_view)>& tell = {});

}  // namespace kdump
