// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/block_device.h"

#include <blkid/blkid.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "common/text.h"

namespace kdump::service {
namespace {

struct ProbeDeleter {
  void operator()(blkid_probe probe) const { blkid_free_probe(probe); }
};
using Probe = std::unique_ptr<blkid_struct_probe, ProbeDeleter>;

std::string probed_value(blkid_probe probe, const char* name) {
  const char* value = nullptr;
  return blkid_probe_lookup_value(probe, name, &value, nullptr) == 0 ? value : "";
}

std::string sysfs_folder(std::string_view devname) {
  std::string name(devname.substr(std::string_view("/dev/").size()));
  // sysfs has ! where the device's name has / (cciss!c0d0).
  std::ranges::replace(name, '/', '!');
  return "/sys/class/block/" + name;
}

std::string partuuid_of(const Host& host, const std::string& devname) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(host.at("/dev/disk/by-partuuid"), error)) {
    const auto resolved = host.resolve("/dev/disk/by-partuuid/" + entry.path().filename().string());
    if (resolved && *resolved == devname) return entry.path().filename().string();
  }
  return {};
}

// Every block device the kernel has, by its own name.
std::vector<std::string> all_devices(const Host& host) {
  std::vector<std::string> names;
  const std::string partitions = host.read("/proc/partitions").value_or("");
  for (const std::string_view line : split_lines(partitions)) {
    const auto words = split_words(line);
    if (words.size() == 4 && words[0] != "major") names.push_back("/dev/" + std::string(words[3]));
  }
  return names;
}

struct Tag {
  std::string_view prefix;
  const char* links;  // udev's folder of symbolic links
  std::string BlockDevice::* member;
};

constexpr Tag kTags[] = {{"UUID=", "/dev/disk/by-uuid/", &BlockDevice::uuid},
                         {"LABEL=", "/dev/disk/by-label/", &BlockDevice::label},
                         {"PARTUUID=", "/dev/disk/by-partuuid/", &BlockDevice::partuuid}};

Result<std::string> find_by_tag(const Host& host, const Tag& tag, std::string_view value) {
  if (auto linked = host.resolve(tag.links + std::string(value))) return linked;
  // Without udev, or with a label that udev writes in its own escapes.
  for (const std::string& devname : all_devices(host)) {
    const auto device = probe(host, devname);
    if (device && (*device).*(tag.member) == value) return devname;
  }
  return fail("no device with {}{}; blkid lists what there is", tag.prefix, value);
}

std::string first_entry(const std::string& path) {
  std::error_code error;
  const std::filesystem::directory_iterator entries(path, error);
  return error || entries == std::filesystem::directory_iterator() ? "" : entries->path().filename().string();
}

bool folder_has_entries(const std::string& path) {
  std::error_code error;
  return !std::filesystem::is_empty(path, error) && !error;
}

struct StackedKind {
  const char* prefix;
  const char* what;
};

constexpr StackedKind kStacked[] = {{"/dev/dm-", "a device mapper volume (LVM, LUKS, multipath)"},
                                    {"/dev/md", "a software RAID"},
                                    {"/dev/loop", "a loop device"},
                                    {"/dev/nbd", "a network block device"},
                                    {"/dev/rbd", "a network block device"},
                                    {"/dev/ram", "memory"},
                                    {"/dev/zram", "memory"}};

}  // namespace

Result<std::string> device_name(const Host& host, dev_t device) {
  const std::string uevent = fmt::format("/sys/dev/block/{}:{}/uevent", major(device), minor(device));
  const std::string text = TRY(host.read(uevent));
  for (const std::string_view line : split_lines(text))
    if (line.starts_with("DEVNAME=")) return "/dev/" + std::string(line.substr(8));
  return fail("{}: no DEVNAME=", uevent);
}

Result<BlockDevice> probe(const Host& host, const std::string& devname) {
  const std::string path = host.at(devname);
  const Probe probe(blkid_new_probe_from_filename(path.c_str()));
  if (!probe) return fail_errno(errno, "cannot open {}", path);
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE | BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL);
  blkid_probe_enable_partitions(probe.get(), 1);
  blkid_probe_set_partitions_flags(probe.get(), BLKID_PARTS_ENTRY_DETAILS);
  if (blkid_do_safeprobe(probe.get()) < 0)
    return fail("{}: cannot tell what is on it (libblkid is in doubt)", devname);
  const std::string partuuid = probed_value(probe.get(), "PART_ENTRY_UUID");
  return BlockDevice{.devname = devname,
                     .fstype = probed_value(probe.get(), "TYPE"),
                     .uuid = probed_value(probe.get(), "UUID"),
                     .label = probed_value(probe.get(), "LABEL"),
                     .partuuid = partuuid.empty() ? partuuid_of(host, devname) : partuuid,
                     .partition_table = probed_value(probe.get(), "PTTYPE")};
}

Result<std::string> find_device(const Host& host, std::string_view specification) {
  for (const Tag& tag : kTags)
    if (specification.starts_with(tag.prefix))
      return find_by_tag(host, tag, specification.substr(tag.prefix.size()));
  return host.resolve(specification);
}

Status check_plain_disk(const Host& host, const std::string& devname) {
  for (const StackedKind& kind : kStacked)
    if (devname.starts_with(kind.prefix))
      return fail(ErrorKind::unsupported,
                  "{} is {}, which is not built yet; dump to a plain disk or partition", devname, kind.what);
  if (folder_has_entries(host.at(sysfs_folder(devname) + "/slaves")))
    return fail(ErrorKind::unsupported,
                "{} is made of other devices, which is not built yet; dump to a plain disk or partition",
                devname);
  return {};
}

Status check_unused(const Host& host, const std::string& devname) {
  const std::string folder = sysfs_folder(devname);
  if (host.read(folder + "/ro").value_or("0") == "1") return fail("{} is read-only", devname);
  if (const std::string holder = first_entry(host.at(folder + "/holders")); !holder.empty())
    return fail("{} is part of {}; use another device", devname, holder);
  return {};
}

}  // namespace kdump::service
