// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/raw/device_signature.h"

#include <blkid/blkid.h>

#include <cerrno>
#include <memory>

namespace kdump {
namespace {

using Probe = std::unique_ptr<blkid_struct_probe, void (*)(blkid_probe)>;

std::string value_of(blkid_probe probe, const char* name) {
  const char* value = nullptr;
  return blkid_probe_lookup_value(probe, name, &value, nullptr) == 0 ? value : std::string();
}

}  // namespace

Result<std::string> device_signature(int fd) {
  const Probe probe(blkid_new_probe(), blkid_free_probe);
  if (!probe || blkid_probe_set_device(probe.get(), fd, 0, 0) != 0)
    return fail_errno(errno, "cannot look for a filesystem");
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE);
  blkid_probe_enable_partitions(probe.get(), 1);
  const int found = blkid_do_safeprobe(probe.get());
  if (found == -2) return std::string("more than one filesystem");
  if (found < 0) return fail_errno(errno, "cannot look for a filesystem");
  std::string type = value_of(probe.get(), "TYPE");
  if (!type.empty()) return type;
  const std::string table = value_of(probe.get(), "PTTYPE");
  return table.empty() ? table : table + " partition table";
}

}  // namespace kdump
