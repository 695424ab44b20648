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
  // Bytes of the range images are loaded into, 0 when nothing is reserved.
  [[nodiscard]] uint64_t main_size() const;
};

enum class Armed { nothing, wanted, previous };

// What the preflight has to say, and what to do about it.
struct Finding {
  bool refuses;  // loading would fail, or would arm something that cannot work
  std::string what;
  std::string remedy;

  // "what; remedy" on one line.
  [[nodiscard]] std::string text() const;
};

struct LoadOutcome {
  Armed armed = Armed::nothing;
  std::optional<Error> error;      // why the wanted image is not the one loaded
  std::string restoration;         // when `error` is set: what is loaded instead, for people
  std::vector<Finding> findings;   // of the preflight; those that refuse are also in `error`, joined
  std::vector<std::string> trace;  // what -d prints, a line each
};

// Where /proc, /sys and /run are; tests point it at a fixture folder.
struct SystemRoot {
  std::string prefix;
};

// Error (ErrorKind::failure, EPERM) when the addresses are masked; empty ranges when nothing is reserved.
Result<Reservation> read_reservation(const SystemRoot& root = {});
// /sys/kernel/kexec/crash_loaded, or the older /sys/kernel/kexec_crash_loaded.
Result<bool> crash_image_loaded(const SystemRoot& root = {});
// The same for an image for reboot: /sys/kernel/kexec/loaded, or /sys/kernel/kexec_loaded.
Result<bool> reboot_image_loaded(const SystemRoot& root = {});
// Bytes reserved as sysfs has it (the low range included), 0 when nothing is.
Result<uint64_t> crash_size(const SystemRoot& root = {});

// Loads `image`; should that fail after the preflight, `previous` is loaded again or, when it is not given,
// the image in the record of the last load (kexec/record.h), which every successful load here writes.
//
// When the preflight refuses, the kernel is not called and what was loaded stays: Armed::previous then means
// just that. `debug` has the kernel describe the segments in its log (6.8 and newer; older ones ignore it).
LoadOutcome load_crash_image(const CrashImage& image, const std::optional<CrashImage>& previous,
                             const SystemRoot& root = {}, bool debug = false);
// Succeeds when nothing is loaded. The record goes with the image.
Status unload_crash_image(const SystemRoot& root = {});
// The same for an image for reboot.
Status unload_reboot_image();

}  // namespace kdump::kexec
