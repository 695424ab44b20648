// SPDX-License-Identifier: GPL-2.0-or-later
// The network of the plan, made again in the capture kernel over rtnetlink. An interface is known by its MAC
// address: without udev it has another name here.
#pragma once

#include <string>
#include <vector>

#include "common/error.h"
#include "common/network_link.h"
#include "common/process.h"
#include "initramfs/capture/system.h"
#include "initramfs/plan/plan.h"

namespace kdump::capture {

// Waits for the interfaces and their carriers until the deadline, in this process. An error when none of
// them can be used; the warning tells of what is missing beside those that can.
Result<NetworkUp> bring_up(const plan::Network& network, SteadyTime deadline);

// The same in a child, which the kernel may keep. The child gets until the deadline, and a little more to
// tell why it did not do.
Result<NetworkUp> bring_up_in_child(const plan::Network& network, SteadyTime deadline);

// The link with the interface's MAC address, the one with its name before others, and never one that another
// speaks for (Azure and failover devices of QEMU show one card as two or three); without a MAC address the
// one of that name. Null when there is none.
const netlink::Link* matching_link(const std::vector<netlink::Link>& links, const plan::Interface& interface);

// For /etc/resolv.conf, which getaddrinfo(3) reads.
std::string resolv_conf(const plan::Network& network);

}  // namespace kdump::capture
