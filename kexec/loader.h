// SPDX-License-Identifier: GPL-2.0-or-later
// Loading and unloading the crash image through kexec_file_load(2), without ever leaving the machine less
// armed than could be helped: a crash load frees the image before it, so everything that can be known
// beforehand is checked first (preflight), and after a failure the previous image is loaded again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/units.h"

namespace kdump::kexec {

struct CrashImage {
  std::string kernel;        // path of a bzImage
  std::string initrd;        // path, empty for none
  std::string command_line;  // without elfcorehdr=, which the kernel adds
};

// Crash kernel memory, from /proc/iomem.
struct Reservation {
  std::vector<PhysRange> ranges;  // ascending; the last is the one images are loaded into
  [[nodiscard]] uint64_t total() const;
};

enum class Armed { nothing, wanted, previous };

struct LoadOutcome {
  Armed armed = Armed::nothing;
  std::optional<Error> error;      // why the wanted image is not the one loaded
  std::vector<std::string> trace;  // what -d prints, a line each
};

// Where /proc and /sys are; tests point it at a fixture folder.
struct SystemRoot {
  std::string prefix;
};

// Error (ErrorKind::failure, EPERM) when the addresses are masked; empty ranges when nothing is reserved.
Result<Reservation> read_reservation(const SystemRoot& root = {});
// /sys/kernel/kexec/crash_loaded, or the older /sys/kernel/kexec_crash_loaded.
Result<bool> crash_image_loaded(const SystemRoot& root = {});
// Bytes reserved as sysfs has it, 0 when nothing is.
Result<uint64_t> crash_size(const SystemRoot& root = {});

// Loads `image`; `previous`, when given, is loaded again should that fail after the preflight.
LoadOutcome load_crash_image(const CrashImage& image, const std::optional<CrashImage>& previous,
                             const SystemRoot& root = {});
// Succeeds when nothing is loaded.
Status unload_crash_image();

}  // namespace kdump::kexec
