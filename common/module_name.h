// SPDX-License-Identifier: GPL-2.0-or-later
// The names of kernel modules, as files, command lines and configurations spell them.
#pragma once

#include <string>
#include <string_view>

namespace kdump {

// The name as the kernel has it: the module snd_hda_intel may be asked for as snd-hda-intel, and its file be
// called so (kernel: scripts/Makefile.lib, name-fix; kernel/params.c, dash2underscore).
std::string module_name(std::string_view name);

}  // namespace kdump
