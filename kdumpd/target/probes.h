// SPDX-License-Identifier: GPL-2.0-or-later
// What is asked of programs and servers while an image is prepared. Tests answer in their place.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/plan/plan.h"
#include "kdumpd/machine/host.h"
#include "kdumpd/network/network.h"

namespace kdump::service {

struct Probes {
  // Whether the collector takes the words of core_collector.
  std::function<Status(const std::vector<std::string>& words)> check_collector;
  // The addresses of a host, IPv4 and IPv6 literals, best first; at least one.
  std::function<Result<std::vector<std::string>>(const std::string& host)> addresses;
  // Whether libnfs gets at the export of an nfs target by that version of the protocol.
  std::function<Status(const plan::Target& target, int version)> reach_export;
  // See kdumpd/network/network.h.
  std::function<Result<FoundNetwork>(const Host& host, std::span<const plan::Target> targets)>
      discover_network;
};

}  // namespace kdump::service
