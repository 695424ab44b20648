// SPDX-License-Identifier: GPL-2.0-or-later
// A bare device: whatever is on it would be gone, so it must hold nothing that anybody knows.
#include "kdumpd/machine/block_device.h"
#include "kdumpd/target/target_kinds.h"

namespace kdump::service {
namespace {

Status check_empty(const BlockDevice& device) {
  const std::string& found = device.fstype.empty() ? device.partition_table : device.fstype;
  if (found.empty()) return {};
  return fail("{} holds {}{}, which a dump would destroy; use another device, or wipe this one: wipefs -a {}",
              device.devname, found, device.fstype.empty() ? " partitions" : "", device.devname);
}

// The capture kernel may give a disk another name; its partitions are known by their own.
void check_identity(const BlockDevice& device, std::vector<std::string>& warnings) {
  if (device.partuuid.empty())
    warnings.push_back(
        fmt::format("{} has no PARTUUID: the capture kernel finds it by its name alone, which may be another "
                    "disk's there; a partition of a GPT or DOS table has one",
                    device.devname));
}

}  // namespace

Result<ResolvedTarget> resolve_target(const Surrounding& all, const conf::RawTarget& wanted,
                                      const std::string& /*path*/) {
  ResolvedTarget resolved;
  const std::string devname = TRY(find_device(all.host, wanted.device));
  TRY(check_plain_disk(all.host, devname));
  TRY(check_unused(all.host, devname));
  const BlockDevice device = TRY(probe(all.host, devname));
  TRY(check_empty(device));
  check_identity(device, resolved.warnings);
  resolved.target = {.kind = plan::TargetKind::raw,
                     .device = {.uuid = {}, .label = {}, .partuuid = device.partuuid, .devname = devname},
                     .directory = "/"};
  resolved.described = "raw " + devname;
  return resolved;
}

}  // namespace kdump::service
