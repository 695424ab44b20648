// SPDX-License-Identifier: GPL-2.0-or-later
// The name servers of this system, as a machine without its services can use them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/ip_address.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

struct NameServers {
  std::vector<IpAddress> servers;
  std::vector<std::string> search;
};

// The lines `nameserver`, `search` and `domain` of a resolv.conf(5); what is no literal is left out.
NameServers parse_resolv_conf(std::string_view text);

// Of /etc/resolv.conf; where that names a server on this machine itself (systemd-resolved's stub, dnsmasq,
// …), of the file in which that one's own servers are. Servers on this machine are left out.
NameServers find_name_servers(const Host& host);

}  // namespace kdump::service
