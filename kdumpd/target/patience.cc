// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/patience.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <thread>

#include "common/text.h"

namespace kdump::service {
namespace {

using Clock = std::chrono::steady_clock;

class Waiting {
 public:
  Waiting(Announce announce, Patience patience) : announce_(std::move(announce)), patience_(patience) {}

  // Asks until there is an answer, an error that waiting does not change, or no time left.
  template <typename Ask, typename MayChange>
  auto until_settled(const Ask& ask, const MayChange& may_change) -> decltype(ask()) {
    auto answer = ask();
    while (!answer && may_change(answer.error()) && wait(answer.error())) answer = ask();
    return answer;
  }

 private:
  bool wait(const Error& error) {
    const bool first = !end_;
    if (first) end_ = Clock::now() + patience_.all;
    if (Clock::now() + patience_.pause > *end_) return false;
    if (first) announce_(Level::info, "waiting for the network: " + error.message());
    std::this_thread::sleep_for(patience_.pause);
    return true;
  }

  Announce announce_;
  Patience patience_;
  std::optional<Clock::time_point> end_;
};

// Of a host that exists or not, a name server has said so.
bool name_servers_may_come(const Error& error) { return error.kind() == ErrorKind::timed_out; }
bool routes_may_come(const Error& error) { return error.kind() != ErrorKind::unsupported; }

bool server_may_come(const Error& error) {
  constexpr int kUnreachable[] = {EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EHOSTDOWN};
  return error.kind() == ErrorKind::timed_out ||
         std::ranges::find(kUnreachable, error.errno_value()) != std::end(kUnreachable);
}

}  // namespace

Patience patience_of(const Host& host) {
  constexpr uint64_t kBootSeconds = 600;
  const std::string uptime = host.read("/proc/uptime").value_or("");
  const bool boots = parse_u64(uptime.substr(0, uptime.find('.'))).value_or(0) < kBootSeconds;
  return boots ? Patience{} : Patience{.all = {}};
}

void make_patient(Probes& probes, Prove& prove, Announce announce, Patience patience) {
  const auto waiting = std::make_shared<Waiting>(std::move(announce), patience);
  probes.addresses = [waiting, ask = std::move(probes.addresses)](const std::string& host) {
    return waiting->until_settled([&] { return ask(host); }, name_servers_may_come);
  };
  probes.discover_network = [waiting, ask = std::move(probes.discover_network)](
                                const Host& host, std::span<const plan::Target> targets) {
    return waiting->until_settled([&] { return ask(host, targets); }, routes_may_come);
  };
  prove = [waiting, ask = std::move(prove)](const ResolvedTarget& target,
                                            const std::vector<std::string>& collector) {
    const bool remote = plan::is_remote(target.target);
    return waiting->until_settled([&] { return ask(target, collector); },
                                  [&](const Error& error) { return remote && server_may_come(error); });
  };
}

}  // namespace kdump::service
