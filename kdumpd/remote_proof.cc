// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/remote_proof.h"

#include <functional>

#include "kdumpd/child_answer.h"
#include "makedumpfile/sink/nfs_client.h"

namespace kdump::service {
namespace {

constexpr std::chrono::seconds kConnect{10};
constexpr std::chrono::seconds kStall{20};
constexpr std::chrono::seconds kPatience{60};

// With each address of the server until one does it.
template <typename T>
Result<T> with_some_address(const plan::Server& server,
                            const std::function<Result<T>(const std::string&)>& use) {
  Result<T> last = fail("{} has no address", server.host);
  for (const std::string& address : server.addresses) {
    last = use(address);
    if (last) break;
  }
  return last;
}

Result<std::unique_ptr<NfsClient>> mount_export(const plan::Target& target, int version) {
  return with_some_address<std::unique_ptr<NfsClient>>(target.server, [&](const std::string& address) {
    return NfsClient::mount({.address = address,
                             .export_path = target.nfs.path,
                             .version = version,
                             .port = static_cast<uint16_t>(target.server.port),
                             .connect_timeout = kConnect,
                             .stall_timeout = kStall});
  });
}

}  // namespace

Status reach_export(const plan::Target& target, int version) {
  const auto reached = ask_child(kPatience, [&]() -> Result<std::string> {
    TRY(mount_export(target, version));
    return "";
  });
  return reached ? Status() : Status(Failure(reached.error()));
}

}  // namespace kdump::service
