// SPDX-License-Identifier: GPL-2.0-or-later
// The image to go back to when a new one cannot be loaded. What is armed keeps a second name
// (initramfs.img.armed, a hard link), so that a rebuild does not take it away.
#pragma once

#include <optional>
#include <string>

#include "kdumpd/service_status.h"
#include "kexec/loader.h"

namespace kdump::service {

// From what is loaded now (`loaded`), or from the images kept in `directory`; nothing when there is no other
// than `wanted`.
std::optional<kexec::CrashImage> previous_image(const kexec::CrashImage& wanted, const std::string& directory,
                                                const std::optional<LoadedImage>& loaded);

// Gives the image `initrd` in `directory` its second name.
Status remember_armed(const std::string& initrd, const std::string& directory);

}  // namespace kdump::service
