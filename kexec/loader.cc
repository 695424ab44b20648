// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/loader.h"

#include "kexec/crash_loader.h"

namespace kdump::kexec {

LoadOutcome load_crash_image(const CrashImage& image, const std::optional<CrashImage>& previous,
                             const SystemRoot& root, bool debug) {
  return CrashLoader(running_kernel(), root, debug).load(image, previous);
}

Status unload_crash_image(const SystemRoot& root) { return CrashLoader(running_kernel(), root).unload(); }

Status unload_reboot_image() { return CrashLoader(running_kernel(), {}).unload_reboot_image(); }

}  // namespace kdump::kexec
