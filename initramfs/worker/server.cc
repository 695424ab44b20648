// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/server.h"

#include <algorithm>
#include <vector>

#include "makedumpfile/sink/remote/net_connect.h"

namespace kdump::worker {
namespace {

using std::chrono::milliseconds;

// What is left for the error to be told.
milliseconds below(milliseconds limit) {
  return limit - std::min<milliseconds>(limit / 10, milliseconds(5000));
}

bool is_literal(const plan::Server& server) {
  return server.host.empty() || server.host.contains(':') ||
         std::ranges::find(server.addresses, server.host) != server.addresses.end();
}

class Search {
 public:
  Search(const Errand& errand, const std::function<Status(const std::string&)>& connect)
      : errand_(errand), connect_(connect) {}

  // Whether one of them was good.
  bool try_all(const std::vector<std::string>& addresses) {
    return std::ranges::any_of(addresses, [this](const std::string& address) { return try_one(address); });
  }
  void add_reason(const Error& error) {
    reasons_ += (reasons_.empty() ? "" : "; ") + error.message();
    kind_ = error.kind();
  }
  [[nodiscard]] Failure why_none() const { return make_failure(kind_, 0, reasons_); }

 private:
  bool try_one(const std::string& address) {
    if (std::ranges::find(tried_, address) != tried_.end()) return false;
    tried_.push_back(address);
    errand_.channel.step("Connecting to " + address, 0);
    const Status connected = connect_(address);
    if (!connected) add_reason(connected.error());
    return connected.has_value();
  }

  const Errand& errand_;
  const std::function<Status(const std::string&)>& connect_;
  std::vector<std::string> tried_;
  std::string reasons_;
  ErrorKind kind_ = ErrorKind::failure;
};

}  // namespace

milliseconds connect_timeout(const Errand& errand) {
  const milliseconds limit = errand.plan.deadlines.connect;
  return std::min(limit.count() == 0 ? milliseconds::max() : limit, stall_timeout(errand));
}

milliseconds stall_timeout(const Errand& errand) {
  constexpr std::chrono::hours kNone{24 * 365};
  const milliseconds limit = errand.target.stall;
  return limit.count() == 0 ? milliseconds(kNone) : below(limit);
}

Status connect_somewhere(const Errand& errand, const std::function<Status(const std::string&)>& connect) {
  const plan::Server& server = errand.target.server;
  Search search(errand, connect);
  if (search.try_all(server.addresses)) return {};
  if (is_literal(server)) return search.why_none();
  errand.channel.step("Resolving " + server.host, 0);
  const Result<std::vector<std::string>> now = resolve_host(server.host);
  if (!now) {
    search.add_reason(now.error());
    return search.why_none();
  }
  if (!search.try_all(*now)) return search.why_none();
  errand.channel.note(
      fmt::format("{} is not where it was when the image was built: run kdumpctl rebuild", server.host));
  return {};
}

}  // namespace kdump::worker
