// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/plan/way.h"

namespace kdump::plan {
namespace {

// New kind = a row.
constexpr struct {
  TargetKind kind;
  NfsClient client;  // where it says something
  Way way;
  std::string_view worker_suffix;
} kWays[] = {
    {TargetKind::filesystem, NfsClient::libnfs, Way::filesystem, ""},
    {TargetKind::raw, NfsClient::libnfs, Way::raw, ""},
    {TargetKind::ssh, NfsClient::libnfs, Way::ssh, "-ssh"},
    {TargetKind::nfs, NfsClient::libnfs, Way::libnfs, "-nfs"},
    {TargetKind::nfs, NfsClient::kernel, Way::kernel_nfs, ""},
};

const auto& row_of(const Target& target) {
  for (const auto& row : kWays) {
    const bool any_client = target.kind != TargetKind::nfs;
    if (row.kind == target.kind && (any_client || row.client == target.nfs.client)) return row;
  }
  return kWays[0];
}

}  // namespace

Way way_to(const Target& target) { return row_of(target).way; }

std::string_view worker_suffix(const Target& target) { return row_of(target).worker_suffix; }

const Target* target_at(const Plan& plan, size_t index) {
  if (index < plan.targets.size()) return &plan.targets[index];
  index -= plan.targets.size();
  return index < plan.rootfs.size() ? &plan.rootfs[index] : nullptr;
}

}  // namespace kdump::plan
