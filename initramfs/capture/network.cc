// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/network.h"

#include <linux/if.h>

#include <algorithm>
#include <thread>

#include "common/fd.h"
#include "common/file.h"
#include "common/text.h"
#include "initramfs/capture/network_requests.h"
#include "initramfs/capture/step_child.h"

namespace kdump::capture {
namespace {

using netlink::Link;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookAgain{100};
constexpr seconds kTimeToTell{2};

constexpr const char* kHosts = "127.0.0.1 localhost\n::1 localhost\n";

// Before the interface is up: nothing there is to be learned or waited for, all that is needed is known.
struct Ipv6Setting {
  const char* name;  // in /proc/sys/net/ipv6/conf/INTERFACE
  const char* value;
};
constexpr Ipv6Setting kIpv6Settings[] = {
    {"accept_ra", "0\n"}, {"autoconf", "0\n"}, {"dad_transmits", "0\n"}, {"accept_dad", "0\n"}};

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  std::string all;
  for (const std::string& text : texts) all.append(all.empty() ? "" : separator).append(text);
  return all;
}

bool is_loopback(const plan::Interface& interface) { return interface.mac.empty(); }

bool has_carrier(const plan::Interface& interface, const Link& link) {
  return is_loopback(interface) || (link.flags & IFF_RUNNING) != 0;
}

// "eth0 (enp1s0 before the crash)"
std::string both_names(const Link& link, const plan::Interface& interface) {
  if (link.name == interface.name) return link.name;
  return fmt::format("{} ({} before the crash)", link.name, interface.name);
}

std::string present(const std::vector<Link>& links) {
  std::vector<std::string> texts;
  for (const Link& link : links) {
    if (!link.mac.empty()) texts.push_back(fmt::format("{} {}", link.name, link.mac));
  }
  return texts.empty() ? "none" : joined(texts, ", ");
}

// A kernel without IPv6 has no such files, and needs none.
void prepare_ipv6(const Link& link) {
  for (const Ipv6Setting& setting : kIpv6Settings) {
    const Result<UniqueFd> fd =
        open_file(fmt::format("/proc/sys/net/ipv6/conf/{}/{}", link.name, setting.name), O_WRONLY);
    if (!fd) continue;
    [[maybe_unused]] const Status ignored = write_all(fd->get(), bytes_of(std::string_view(setting.value)));
  }
}

class BringUp {
 public:
  BringUp(netlink::Socket socket, const plan::Network& network, SteadyTime deadline)
      : socket_(std::move(socket)), network_(network), deadline_(deadline) {}

  Result<NetworkUp> run();

 private:
  struct Pair {
    const plan::Interface* wanted;
    Link link{};
    bool found = false;    // it is there now
    bool started = false;  // and was set up, or refused it
    bool usable = false;
  };

  Status look();
  Status wait();
  static bool is_ready(const Pair& pair);
  void tell_missing();
  void start(Pair& pair);
  void check_carrier(Pair& pair);
  void add_addresses(Pair& pair);
  void add_route(const plan::Route& route);
  Status change_route(int interface, plan::Route route);
  Status change(const netlink::Request& request);
  [[nodiscard]] std::string described() const;
  void problem(std::string text) { problems_.push_back(std::move(text)); }

  netlink::Socket socket_;
  const plan::Network& network_;
  SteadyTime deadline_;
  std::vector<Pair> pairs_;
  std::vector<Link> links_;  // as seen last
  std::vector<std::string> problems_;
};

Status BringUp::look() {
  links_ = TRY(netlink::all_links(socket_));
  for (Pair& pair : pairs_) {
    const Link* const link = matching_link(links_, *pair.wanted);
    pair.found = link != nullptr;
    if (pair.found) pair.link = *link;
  }
  return {};
}

// Each is set up as soon as it is there; a carrier takes its time from then on.
Status BringUp::wait() {
  while (true) {
    TRY(look());
    for (Pair& pair : pairs_) start(pair);
    if (std::ranges::all_of(pairs_, &BringUp::is_ready) || steady_clock::now() >= deadline_) return {};
    std::this_thread::sleep_for(kLookAgain);
  }
}

void BringUp::tell_missing() {
  for (const Pair& pair : pairs_) {
    if (pair.found) continue;
    problem(fmt::format("no interface with the MAC address {} ({} before the crash) appeared; here: {}",
                        pair.wanted->mac.empty() ? "of the loopback" : pair.wanted->mac, pair.wanted->name,
                        present(links_)));
  }
}

// Nothing more is to be expected of it.
bool BringUp::is_ready(const Pair& pair) {
  return pair.found && pair.started && (!pair.usable || has_carrier(*pair.wanted, pair.link));
}

// Done already is as good (a second attempt, or the kernel itself).
Status BringUp::change(const netlink::Request& request) {
  const auto answer = socket_.ask(request);
  if (answer || answer.error().errno_value() == EEXIST) return {};
  return Failure(answer.error());
}

void BringUp::start(Pair& pair) {
  if (!pair.found || pair.started) return;
  pair.started = true;
  const std::string name = both_names(pair.link, *pair.wanted);
  prepare_ipv6(pair.link);
  const int mtu = pair.wanted->mtu;
  if (mtu != 0 && mtu != pair.link.mtu) {
    const Status set = change(set_mtu_request(pair.link.index, mtu));
    if (!set)
      problem(
          fmt::format("{} keeps an MTU of {}, not {}: {}", name, pair.link.mtu, mtu, set.error().message()));
  }
  const Status up = change(set_up_request(pair.link.index));
  pair.usable = up.has_value();
  if (!up) problem(fmt::format("{} cannot be set up: {}", name, up.error().message()));
}

void BringUp::check_carrier(Pair& pair) {
  if (!pair.usable || has_carrier(*pair.wanted, pair.link)) return;
  pair.usable = false;
  problem(fmt::format("{}, {}, has no carrier: check the cable and the switch",
                      both_names(pair.link, *pair.wanted), pair.wanted->mac));
}

void BringUp::add_addresses(Pair& pair) {
  if (!pair.usable) return;
  for (const std::string& text : pair.wanted->addresses) {
    const auto address = parse_ip_prefix(text);
    const Status added =
        address ? change(add_address_request(pair.link.index, *address)) : fail("'{}' is no address", text);
    if (!added)
      problem(fmt::format("{} does not take {}: {}", both_names(pair.link, *pair.wanted), text,
                          added.error().message()));
  }
}

// An address that could not be had is no source either; any other is better than no route.
Status BringUp::change_route(int interface, plan::Route route) {
  const Status added = change(TRY(add_route_request(interface, route)));
  if (added || route.source.empty() || added.error().errno_value() != EINVAL) return added;
  route.source.clear();
  return change(TRY(add_route_request(interface, route)));
}

void BringUp::add_route(const plan::Route& route) {
  const auto pair =
      std::ranges::find_if(pairs_, [&](const Pair& known) { return known.wanted->name == route.interface; });
  if (pair == pairs_.end() || !pair->usable) return;  // told already
  const Status added = change_route(pair->link.index, route);
  if (!added)
    problem(fmt::format("no route to {}{}{} on {}: {}", route.destination,
                        route.gateway.empty() ? "" : " by ", route.gateway,
                        both_names(pair->link, *pair->wanted), added.error().message()));
}

std::string BringUp::described() const {
  std::vector<std::string> texts;
  for (const Pair& pair : pairs_) {
    if (!pair.usable) continue;
    const std::string addresses = joined(pair.wanted->addresses, " ");
    texts.push_back(both_names(pair.link, *pair.wanted) + (addresses.empty() ? "" : ": " + addresses));
  }
  return joined(texts, ", ");
}

Result<NetworkUp> BringUp::run() {
  for (const plan::Interface& interface : network_.interfaces) pairs_.push_back({.wanted = &interface});
  TRY(wait());
  tell_missing();
  for (Pair& pair : pairs_) check_carrier(pair);
  for (Pair& pair : pairs_) add_addresses(pair);
  // Those on the link first: gateways are reached by them.
  for (const plan::Route& route : network_.routes)
    if (route.gateway.empty()) add_route(route);
  for (const plan::Route& route : network_.routes)
    if (!route.gateway.empty()) add_route(route);
  if (std::ranges::none_of(pairs_, &Pair::usable)) return fail("{}", joined(problems_, "; "));
  return NetworkUp{.described = described(), .warning = joined(problems_, "; ")};
}

Status write_names(const plan::Network& network) {
  TRY(make_directories("/etc", 0755));
  TRY(replace_file("/etc/resolv.conf", bytes_of(resolv_conf(network)), 0644));
  return replace_file("/etc/hosts", bytes_of(std::string_view(kHosts)), 0644);
}

}  // namespace

const netlink::Link* matching_link(const std::vector<netlink::Link>& links,
                                   const plan::Interface& interface) {
  const Link* found = nullptr;
  for (const Link& link : links) {
    const bool same = is_loopback(interface)
                          ? link.name == interface.name
                          : link.mac == interface.mac || link.permanent_mac == interface.mac;
    if (same && link.master == 0 && (found == nullptr || link.name == interface.name)) found = &link;
  }
  return found;
}

std::string resolv_conf(const plan::Network& network) {
  std::string text;
  if (!network.search.empty()) text += "search " + joined(network.search, " ") + "\n";
  for (const std::string& server : network.name_servers) text += "nameserver " + server + "\n";
  return text;
}

Result<NetworkUp> bring_up(const plan::Network& network, SteadyTime deadline) {
  if (network.interfaces.empty()) return fail("the plan names no interface");
  netlink::Socket socket = TRY(netlink::Socket::open());
  return BringUp(std::move(socket), network, deadline).run();
}

Result<NetworkUp> bring_up_in_child(const plan::Network& network, SteadyTime deadline) {
  const StepOutput output = run_in_child(
      [&](const Emit& emit) -> Status {
        const NetworkUp up = TRY(bring_up(network, deadline));
        TRY(write_names(network));
        emit(up.described + "\n" + up.warning);
        return {};
      },
      deadline + kTimeToTell);
  if (!output.status) return Failure(output.status.error());
  const size_t end = output.text.find('\n');
  return NetworkUp{.described = output.text.substr(0, end),
                   .warning = end == std::string::npos ? "" : output.text.substr(end + 1)};
}

}  // namespace kdump::capture
