// SPDX-License-Identifier: GPL-2.0-or-later
// What /proc and /sys say about kexec on this machine, read once before a load. A file that is not there
// leaves its fact out: kernels differ in what they offer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/error.h"
#include "kexec/kernel_calls.h"
#include "kexec/loader.h"

namespace kdump::kexec {

struct SystemFacts {
  std::string machine;
  bool may_boot = false;                    // CAP_SYS_BOOT
  std::optional<bool> image_loaded;         // absent: this kernel has no kexec
  std::optional<bool> load_disabled;        // kernel.kexec_load_disabled
  std::optional<int64_t> loads_left;        // kernel.kexec_load_limit_panic (6.3); absent: as many as wanted
  std::string lockdown;                     // "none", "integrity", "confidentiality"; empty: not built in
  Result<Reservation> reservation;          // as read_reservation
  std::optional<uint64_t> elfcorehdr_size;  // crash_elfcorehdr_size: what the kernel sets aside for hotplug
  bool five_level_paging = false;           // x86: in use now (la57)

  // "integrity" or "confidentiality".
  [[nodiscard]] bool locked_down() const;
};

SystemFacts read_system_facts(const SystemRoot& root, KernelCalls& kernel);

// The word in brackets of /sys/kernel/security/lockdown ("none [integrity] confidentiality").
std::string lockdown_state(const std::string& text);

}  // namespace kdump::kexec
