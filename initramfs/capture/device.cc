// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/device.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>

#include "common/file.h"
#include "common/text.h"
#include "initramfs/capture/step_child.h"

namespace kdump::capture {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookAgain{100};  // for a new name in /sys
constexpr seconds kReadAgain{2};         // devices that said nothing before
constexpr seconds kScanLimit{10};        // one round of reading all of them
constexpr seconds kHangs{1};             // a disk that answers takes milliseconds
constexpr std::string_view kNeverTargets[] = {"loop", "ram", "zram", "fd", "sr"};

// "/dev/vda1" and "vda1" name the same; sysfs writes the slashes of "cciss/c0d0" as '!'.
std::string sysfs_name(std::string_view devname) {
  if (devname.starts_with("/dev/")) devname.remove_prefix(5);
  std::string name(devname);
  std::ranges::replace(name, '/', '!');
  return name;
}

std::string devfs_name(std::string name) {
  std::ranges::replace(name, '!', '/');
  return name;
}

bool is_worth_reading(const std::string& sys_class_block, const std::string& name) {
  const bool never = std::ranges::any_of(kNeverTargets, [&](std::string_view prefix) {
    return name.starts_with(prefix) && name.size() > prefix.size() && name[prefix.size()] >= '0' &&
           name[prefix.size()] <= '9';
  });
  if (never) return false;
  const std::string size = read_text_file(sys_class_block + "/" + name + "/size").value_or("0");
  return parse_u64(trim(size)).value_or(0) != 0;
}

std::vector<std::string> directory_entries(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (!directory) return names;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::ranges::sort(names);
  return names;
}

bool wanted_by_name(const plan::Device& wanted) {
  return wanted.uuid.empty() && wanted.label.empty() && wanted.partuuid.empty();
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

}  // namespace

bool matches(const plan::Device& wanted, const Identity& found) {
  if (!wanted.uuid.empty()) return wanted.uuid == found.uuid;
  if (!wanted.label.empty()) return wanted.label == found.label;
  return !wanted.partuuid.empty() && wanted.partuuid == found.partuuid;
}

std::vector<std::string> candidates(const std::string& sys_class_block, const std::string& wanted_devname) {
  std::vector<std::string> names = directory_entries(sys_class_block);
  std::erase_if(names, [&](const std::string& name) { return !is_worth_reading(sys_class_block, name); });
  const auto wanted = std::ranges::find(names, sysfs_name(wanted_devname));
  if (wanted != names.end()) std::rotate(names.begin(), wanted, wanted + 1);
  return names;
}

ScanReport parse_scan(std::string_view text) {
  ScanReport report;
  for (const std::string_view line : split_lines(text)) {
    if (line.starts_with('=')) return {.found = std::string(line.substr(1)), .stuck = {}};
    if (line.starts_with('?')) report.stuck = line.substr(1);
  }
  return report;
}

std::vector<std::string> DeviceFinder::readable_names(const plan::Device& wanted) const {
  std::vector<std::string> names = candidates(sys_class_block_, wanted.devname);
  std::erase_if(names, [&](const std::string& name) {
    return stuck_.contains(name) || (!abandoned_.empty() && abandoned_.contains(disk_of(name)));
  });
  return names;
}

// A partition is a directory in that of its disk (Linux, Documentation/admin-guide/sysfs-rules.rst).
std::string DeviceFinder::disk_of(const std::string& name) const {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(sys_class_block_ + "/" + name, error);
  if (error || !std::filesystem::exists(real / "partition", error)) return name;
  return real.parent_path().filename();
}

void DeviceFinder::abandon(const std::string& device) {
  if (device.starts_with(dev_ + "/")) abandoned_.insert(disk_of(sysfs_name(device.substr(dev_.size() + 1))));
}

std::string DeviceFinder::scan(const plan::Device& wanted, const std::vector<std::string>& names,
                               SteadyTime deadline) {
  if (wanted_by_name(wanted)) {
    const std::string name = sysfs_name(wanted.devname);
    return std::ranges::find(names, name) == names.end() ? std::string() : name;
  }
  const SteadyTime begin = steady_clock::now();
  const StepOutput output = run_in_child(
      [&](const Emit& emit) -> Status {
        for (const std::string& name : names) {
          emit("?" + name + "\n");
          const Result<Identity> identity = probe_(dev_ + "/" + devfs_name(name));
          if (!identity || !matches(wanted, *identity)) continue;
          emit("=" + name + "\n");
          return {};
        }
        return {};
      },
      std::min(deadline, begin + kScanLimit));
  const ScanReport report = parse_scan(output.text);
  // A round that the deadline cut short shows nothing of the disk that it was at.
  const bool shows = !output.timed_out || steady_clock::now() - begin >= kHangs;
  if (report.found.empty() && !output.status && !report.stuck.empty() && shows) stuck_.insert(report.stuck);
  return report.found;
}

Result<std::string> DeviceFinder::find(const plan::Device& wanted, SteadyTime deadline) {
  std::vector<std::string> seen;
  SteadyTime scanned{};
  while (true) {
    std::vector<std::string> names = readable_names(wanted);
    const SteadyTime now = steady_clock::now();
    if (names != seen || now - scanned >= kReadAgain) {
      const std::string found = scan(wanted, names, deadline);
      if (!found.empty()) return dev_ + "/" + devfs_name(found);
      seen = std::move(names);
      scanned = steady_clock::now();
    }
    if (steady_clock::now() >= deadline) break;
    std::this_thread::sleep_for(kLookAgain);
  }
  std::string text =
      fmt::format("{} did not appear (block devices here: {})", plan::device_text(wanted), joined(seen));
  if (!stuck_.empty())
    text += fmt::format("; reading {} never came back", joined({stuck_.begin(), stuck_.end()}));
  if (!abandoned_.empty())
    text +=
        fmt::format("; left alone, for it hung before: {}", joined({abandoned_.begin(), abandoned_.end()}));
  return fail(ErrorKind::timed_out, "{}", text);
}

}  // namespace kdump::capture
