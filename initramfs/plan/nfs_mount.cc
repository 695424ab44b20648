// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/plan/nfs_mount.h"

#include <sys/mount.h>

#include <algorithm>
#include <cerrno>

namespace kdump::plan {
namespace {

using std::chrono::steady_clock;

constexpr unsigned long kFlags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
constexpr int kNoAnswer[] = {EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, EHOSTDOWN};

bool is_v6(const std::string& address) { return address.contains(':'); }

// Version 3 asks rpc.mountd first, and has no lock daemon in the capture kernel; nothing else writes there.
std::string data_for(const Target& target, const std::string& address, const std::string& version) {
  const char* const transport = is_v6(address) ? "tcp6" : "tcp";
  std::string data = fmt::format("addr={},vers={},proto={},sec=sys", address, version, transport);
  if (version == "3") data += fmt::format(",nolock,mountvers=3,mountproto={}", transport);
  if (target.server.port != 0) data += fmt::format(",port={}", target.server.port);
  if (!target.nfs.mount_options.empty()) data += "," + target.nfs.mount_options;
  return data;
}

NfsMount way_of(const Target& target, const std::string& address, const std::string& version) {
  const std::string host = is_v6(address) ? "[" + address + "]" : address;
  return {.address = address,
          .version = version,
          .fstype = version.starts_with('4') ? "nfs4" : "nfs",
          .source = host + ":" + target.nfs.path,
          .data = data_for(target, address, version)};
}

bool does_not_answer(const Error& error) {
  return error.kind() == ErrorKind::timed_out ||
         std::ranges::find(kNoAnswer, error.errno_value()) != std::end(kNoAnswer);
}

// Versions that ended the same way are told together.
class Account {
 public:
  void add(const NfsMount& way, const std::string& reason) {
    if (way.source == source_ && reason == reason_) {
      versions_ += ", " + way.version;
      return;
    }
    close();
    source_ = way.source;
    versions_ = way.version;
    reason_ = reason;
  }
  std::string take() {
    close();
    return std::move(text_);
  }

 private:
  void close() {
    if (source_.empty()) return;
    text_ += fmt::format("{}{} by NFS {}: {}", text_.empty() ? "" : "; ", source_, versions_, reason_);
    source_.clear();
  }

  std::string text_;
  std::string source_;
  std::string versions_;
  std::string reason_;
};

// In a row, as they come.
int addresses_in(std::span<const NfsMount> ways) {
  int count = 0;
  for (size_t i = 0; i < ways.size(); ++i) {
    if (i == 0 || ways[i].address != ways[i - 1].address) ++count;
  }
  return count;
}

}  // namespace

std::vector<NfsMount> nfs_mounts(const Target& target) {
  std::vector<NfsMount> ways;
  for (const std::string& address : target.server.addresses) {
    for (const std::string& version : target.nfs.versions) ways.push_back(way_of(target, address, version));
  }
  return ways;
}

Status mount_nfs(const NfsMount& way, const std::string& where) {
  if (mount(way.source.c_str(), where.c_str(), way.fstype.c_str(), kFlags, way.data.c_str()) == 0) return {};
  if (errno == ENODEV)
    return make_failure(ErrorKind::failure, ENODEV,
                        "the kernel has no NFS client (module nfs is not loaded)");
  return make_failure(ErrorKind::failure, errno, errno_text(errno));
}

Result<NfsMount> mount_first(std::span<const NfsMount> ways, SteadyTime deadline, const NfsAttempt& attempt) {
  Account account;
  ErrorKind kind = ErrorKind::failure;
  while (!ways.empty()) {
    const std::string address = ways.front().address;
    const auto left = deadline - steady_clock::now();
    const SteadyTime share = steady_clock::now() + left / addresses_in(ways);
    bool answers = true;
    while (!ways.empty() && ways.front().address == address) {
      if (answers) {
        const Status mounted = attempt(ways.front(), share);
        if (mounted) return ways.front();
        account.add(ways.front(), mounted.error().message());
        answers = !does_not_answer(mounted.error());
        if (mounted.error().kind() == ErrorKind::timed_out) kind = ErrorKind::timed_out;
      }
      ways = ways.subspan(1);
    }
  }
  return fail(kind, "cannot mount {}", account.take());
}

}  // namespace kdump::plan
