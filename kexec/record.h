// SPDX-License-Identifier: GPL-2.0-or-later
// /run/kdump/crash-image.json: what was loaded last. The kernel can tell that a crash image is loaded, not
// which; so whoever loads one through this library, kexec(8) as well as kdumpd(8), leaves it there for the
// day the next load fails. The file is gone after a reboot, as the image is.
#pragma once

#include <optional>

#include "kexec/loader.h"

namespace kdump::kexec {

Status write_record(const CrashImage& image, const SystemRoot& root);

// The recorded image, nothing when there is no record. A file that was replaced since and still lies beside
// as PATH.prev is taken from there: it is recognised by device, inode, size and time.
Result<std::optional<CrashImage>> read_record(const SystemRoot& root);

// Succeeds when there is none.
Status remove_record(const SystemRoot& root);

}  // namespace kdump::kexec
