// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/network/addresses.h"

#include <cerrno>

#include "common/ip_address.h"
#include "makedumpfile/sink/remote/net_connect.h"

namespace kdump::service {
namespace {

bool is_link_local(const std::string& literal) {
  const auto address = parse_ip_address(literal.substr(0, literal.find('%')));
  return address && address->is_link_local();
}

}  // namespace

Result<std::vector<std::string>> usable_addresses(const std::string& host) {
  Result<std::vector<std::string>> found = resolve_host(host);
  if (!found && found.error().kind() == ErrorKind::timed_out) {
    return make_failure(
        ErrorKind::timed_out, EAGAIN,
        fmt::format("no name server answers for {}; check the network and /etc/resolv.conf", host));
  }
  if (!found) return fail("{}; check the name, or write an address", found.error().message());
  std::erase_if(*found, is_link_local);
  if (!found->empty()) return found;
  return fail(ErrorKind::unsupported,
              "{} has nothing but link-local addresses, which is not built yet; give it another address",
              host);
}

}  // namespace kdump::service
