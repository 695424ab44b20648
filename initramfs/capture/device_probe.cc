// SPDX-License-Identifier: GPL-2.0-or-later
#include <blkid/blkid.h>
#include <fcntl.h>

#include <cerrno>
#include <memory>

#include "common/fd.h"
#include "initramfs/capture/device.h"

namespace kdump::capture {
namespace {

std::string value_of(blkid_probe probe, const char* name) {
  const char* value = nullptr;
  return blkid_probe_lookup_value(probe, name, &value, nullptr) == 0 ? value : std::string();
}

}  // namespace

Result<Identity> probe_identity(const std::string& device) {
  const UniqueFd fd = TRY(open_file(device, O_RDONLY | O_NONBLOCK));
  const std::unique_ptr<blkid_struct_probe, void (*)(blkid_probe)> probe(blkid_new_probe(), blkid_free_probe);
  if (!probe || blkid_probe_set_device(probe.get(), fd.get(), 0, 0) != 0)
    return fail_errno(errno, "cannot probe {}", device);
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_TYPE);
  blkid_probe_enable_partitions(probe.get(), 1);
  blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_ENTRY_DETAILS);
  const int status = blkid_do_safeprobe(probe.get());
  if (status < 0)
    return fail("cannot probe {}: {}", device, status == -2 ? "ambivalent signatures" : "read failed");
  return Identity{.uuid = value_of(probe.get(), "UUID"),
                  .label = value_of(probe.get(), "LABEL"),
                  .partuuid = value_of(probe.get(), "PART_ENTRY_UUID")};
}

}  // namespace kdump::capture
