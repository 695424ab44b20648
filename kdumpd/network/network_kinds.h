// SPDX-License-Identifier: GPL-2.0-or-later
// Which interfaces the capture kernel can bring up.
#pragma once

#include "common/error.h"
#include "kdumpd/machine/host.h"
#include "kdumpd/network/network_facts.h"

namespace kdump::service {

// ErrorKind::unsupported for whatever is not plain Ethernet hardware (or the loopback): the error names the
// interface, what it is and what to do.
Status check_link_kind(const Host& host, const Link& link);

}  // namespace kdump::service
