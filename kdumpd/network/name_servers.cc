// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/network/name_servers.h"

#include <algorithm>

#include "common/text.h"

namespace kdump::service {
namespace {

constexpr const char* kResolvConf = "/etc/resolv.conf";
// Where those who put themselves in between write down whom they ask: systemd-resolved, NetworkManager.
constexpr const char* kBehindAStub[] = {"/run/systemd/resolve/resolv.conf",
                                        "/run/NetworkManager/no-stub-resolv.conf"};

// Without its zone ("fe80::1%eth0" is of no use where interfaces have other names).
void add_server(std::string_view word, NameServers& servers) {
  if (const auto address = parse_ip_address(word)) servers.servers.push_back(*address);
}

NameServers read_servers(const Host& host, const char* path) {
  const auto text = host.read(path);
  return text ? parse_resolv_conf(*text) : NameServers();
}

}  // namespace

NameServers parse_resolv_conf(std::string_view text) {
  NameServers found;
  for (const std::string_view line : split_lines(text)) {
    const auto words = split_words(line);
    if (words.size() < 2) continue;
    if (words[0] == "nameserver") add_server(words[1], found);
    // The last of them counts; "." alone is the root and no domain to look in.
    if (words[0] == "search" || words[0] == "domain") found.search.assign(words.begin() + 1, words.end());
  }
  std::erase(found.search, ".");
  return found;
}

NameServers find_name_servers(const Host& host) {
  NameServers found = read_servers(host, kResolvConf);
  for (const char* path : kBehindAStub) {
    if (std::ranges::none_of(found.servers, &IpAddress::is_loopback)) break;
    if (NameServers behind = read_servers(host, path); !behind.servers.empty()) found = std::move(behind);
  }
  std::erase_if(found.servers, [](const IpAddress& server) { return server.is_loopback(); });
  return found;
}

}  // namespace kdump::service
