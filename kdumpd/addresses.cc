// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/addresses.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <memory>

namespace kdump::service {
namespace {

using Answers = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

bool is_link_local(const sockaddr* address) {
  if (address->sa_family != AF_INET6) return false;
  return IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr) != 0;
}

std::string literal(const addrinfo& answer) {
  char text[NI_MAXHOST];
  const int code =
      getnameinfo(answer.ai_addr, answer.ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return code == 0 ? text : "";
}

Result<Answers> ask(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code == 0) return Answers(found, &freeaddrinfo);
  if (code == EAI_AGAIN)
    return make_failure(
        ErrorKind::timed_out, EAGAIN,
        fmt::format("no name server answers for {}; check the network and /etc/resolv.conf", host));
  return fail("the address of {} is not known ({}); check the name, or write an address", host,
              gai_strerror(code));
}

}  // namespace

Result<std::vector<std::string>> resolve_host(const std::string& host) {
  const Answers answers = TRY(ask(host));
  std::vector<std::string> literals;
  for (const addrinfo* answer = answers.get(); answer != nullptr; answer = answer->ai_next) {
    if (is_link_local(answer->ai_addr)) continue;
    const std::string address = literal(*answer);
    if (!address.empty() && std::ranges::find(literals, address) == literals.end())
      literals.push_back(address);
  }
  if (literals.empty())
    return fail(ErrorKind::unsupported,
                "{} has nothing but link-local addresses, which is not built yet; give it another address",
                host);
  return literals;
}

}  // namespace kdump::service
