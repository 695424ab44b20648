// SPDX-License-Identifier: GPL-2.0-or-later
// What the service knows about itself, as data: /run/kdump/status.json. Written by whoever arms or disarms,
// read by `kdumpctl status`, kdumpd and other programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

// What was given to the kernel.
struct LoadedImage {
  std::string kernel_release;
  std::string kernel;
  std::string initrd;
  std::string command_line;

  bool operator==(const LoadedImage&) const = default;
};

enum class ArmedState { nothing, wanted, previous };

// What became of a target when it was tried.
struct TargetStatus {
  std::string described;  // "/var/crash on /dev/vda (ext4)"
  std::string problem;    // empty: a dump can be saved there
  std::optional<uint64_t> free_bytes;

  bool operator==(const TargetStatus&) const = default;
};

struct ServiceStatus {
  ArmedState armed = ArmedState::nothing;
  std::optional<LoadedImage> loaded;
  std::string target;                   // all of them, for people
  std::vector<TargetStatus> targets{};  // as they were tried by the last attempt that got so far
  uint64_t reserved_bytes = 0;
  uint64_t image_bytes = 0;           // of the initrd, compressed
  std::vector<std::string> errors;    // of the last attempt to arm
  std::vector<std::string> warnings;  // of the same
  std::string updated;                // local time, ISO 8601
};

std::string to_json(const ServiceStatus& status);
// Every error names the key.
Result<ServiceStatus> status_from_json(std::string_view text);

// A status that is missing or damaged is that of a service that never ran.
ServiceStatus read_status(const Host& host);
// Stamps it with the time.
Status write_status(const Host& host, ServiceStatus status);

}  // namespace kdump::service
