// SPDX-License-Identifier: GPL-2.0-or-later
// A TCP connection under a deadline.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/fd.h"
#include "makedumpfile/sink/remote/net_deadline.h"

namespace kdump {

// `address` is an IPv4 or IPv6 literal. The socket does not block and has keepalive on, so that a dead peer
// is noticed while nothing is sent.
Result<UniqueFd> connect_tcp(const std::string& address, uint16_t port, const Deadline& deadline);

// The literal address of this side of a connected socket; empty when it cannot be told.
std::string local_address_of(int fd);

// The literal address that this machine has on the way to `address`, a literal too; empty when there is no
// way. Nothing is sent.
std::string source_address_to(const std::string& address);

// The addresses of a host name, each once, as literals, in the order in which they are to be tried (RFC
// 6724). Asks name servers, for as long as resolv.conf(5) has it; ErrorKind::timed_out where none answers.
Result<std::vector<std::string>> resolve_host(const std::string& host);

}  // namespace kdump
