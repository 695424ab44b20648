// SPDX-License-Identifier: GPL-2.0-or-later
// How this system reaches the remote targets, to be done again in the capture kernel: the kernel is asked
// for the route to each of their addresses, and what the answers name is written down.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/plan/plan.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

struct FoundNetwork {
  plan::Network network;              // interfaces: those whose drivers the image needs, and "lo"
  std::vector<std::string> warnings;  // what the capture kernel will have to do without
};

// For the addresses of every remote target (Server::addresses; literals) and, when one of them is known by
// a name, for the name servers. Nothing for local targets alone. Errors: a target none of whose addresses
// has a route; ErrorKind::unsupported for an interface that is not plain hardware (bond, VLAN, bridge, …),
// which the error names with what to do, and for another root than the running system's, whose kernel
// nobody can ask.
Result<FoundNetwork> discover_network(const Host& host, std::span<const plan::Target> targets);

}  // namespace kdump::service
