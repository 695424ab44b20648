// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/proof.h"

#include "common/text.h"
#include "kdumpd/machine/child_answer.h"
#include "kdumpd/target/local_proof.h"
#include "kdumpd/target/remote_proof.h"

namespace kdump::service {
namespace {

// More than the connections' own deadlines together, so that those tell what is wrong.
constexpr std::chrono::seconds kPatience{90};

using FreeBytes = Result<std::optional<uint64_t>>;

using Collector = std::vector<std::string>;

// What is mounted read-only here cannot be mounted otherwise beside that; the administrator has been told.
FreeBytes filesystem(const ResolvedTarget& target, const Collector&) {
  auto proved = prove_filesystem(target.target);
  if (!proved && target.read_only && proved.error().errno_value() == EBUSY) return std::nullopt;
  return proved;
}
FreeBytes raw(const ResolvedTarget& target, const Collector&) { return prove_raw(target.target); }
FreeBytes ssh(const ResolvedTarget& target, const Collector& collector) {
  return prove_ssh(target.target, target.private_key, collector);
}
FreeBytes nfs(const ResolvedTarget& target, const Collector&) {
  const bool libnfs = target.target.nfs.client == plan::NfsClient::libnfs;
  return libnfs ? prove_libnfs(target.target) : prove_kernel_nfs(target.target);
}

FreeBytes prove(const ResolvedTarget& target, const Collector& collector) {
  // In the order of plan::TargetKind.
  constexpr FreeBytes (*kProofs[])(const ResolvedTarget&, const Collector&) = {filesystem, raw, ssh, nfs};
  return kProofs[static_cast<size_t>(target.target.kind)](target, collector);
}

// As the text that a child answers with.
Result<std::string> proof_text(const ResolvedTarget& target, const std::vector<std::string>& collector) {
  const std::optional<uint64_t> free = TRY(prove(target, collector));
  return free ? std::to_string(*free) : std::string();
}

}  // namespace

Result<Proof> prove_target(const ResolvedTarget& target, const std::vector<std::string>& collector) {
  const std::string answer = TRY(ask_child(kPatience, [&] { return proof_text(target, collector); }));
  return Proof{.free_bytes = parse_u64(answer)};
}

}  // namespace kdump::service
