// SPDX-License-Identifier: GPL-2.0-or-later
// The changes that make a network, as requests to the kernel (rtnetlink(7)).
#pragma once

#include "common/ip_address.h"
#include "common/netlink.h"
#include "initramfs/plan/plan.h"

namespace kdump::capture {

netlink::Request set_mtu_request(int interface, int mtu);
netlink::Request set_up_request(int interface);
// IPv6 addresses are used at once: they were this machine's a minute ago (IFA_F_NODAD).
netlink::Request add_address_request(int interface, const IpPrefix& address);
// ErrorKind::corrupt for texts that are no addresses. A gateway of the other family goes into RTA_VIA.
Result<netlink::Request> add_route_request(int interface, const plan::Route& route);

}  // namespace kdump::capture
