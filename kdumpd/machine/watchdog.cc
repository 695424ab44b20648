// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel: Documentation/ABI/testing/sysfs-class-watchdog; drivers/watchdog/watchdog_dev.c.
#include "kdumpd/machine/watchdog.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "common/module_name.h"
#include "common/text.h"

namespace kdump::service {
namespace {

constexpr const char* kClass = "/sys/class/watchdog";
constexpr std::string_view kSoftware = "Software Watchdog";  // drivers/watchdog/softdog.c
constexpr std::string_view kSoftwareModule = "softdog";
constexpr std::string_view kCore = "watchdog";

// "watchdog10" comes after "watchdog9".
std::map<uint64_t, std::string> watchdogs_by_number(const Host& host) {
  namespace fs = std::filesystem;
  constexpr std::string_view kPrefix = "watchdog";
  std::map<uint64_t, std::string> names;
  std::error_code error;
  for (fs::directory_iterator i(host.at(kClass), error), end; !error && i != end; i.increment(error)) {
    const std::string name = i->path().filename();
    if (!name.starts_with(kPrefix)) continue;
    if (const auto number = parse_u64(name.substr(kPrefix.size()))) names[*number] = name;
  }
  return names;
}

std::chrono::seconds timeout_of(const Host& host, const std::string& folder) {
  constexpr uint64_t kMost = 86'400;
  const uint64_t seconds = parse_u64(host.read(folder + "/timeout").value_or("")).value_or(0);
  return std::chrono::seconds(std::min(seconds, kMost));
}

// "kernel/drivers/watchdog/i6300esb.ko.xz: …" -> "i6300esb"; empty for what is no watchdog's driver.
std::string watchdog_module(std::string_view line) {
  constexpr std::string_view kFolder = "/drivers/watchdog/";
  const std::string_view path = line.substr(0, line.find(':'));
  const size_t folder = path.find(kFolder);
  if (folder == std::string_view::npos) return {};
  const std::string_view file = path.substr(folder + kFolder.size());
  return module_name(file.substr(0, file.find(".ko")));
}

// An open watchdog holds its driver's module. Some drivers do not tell sysfs what device theirs is of
// (kernel: drivers/watchdog/i6300esb.c registers it without a parent); then this is all there is to go by.
std::vector<std::string> used_drivers(const Host& host) {
  const std::string release = host.read("/proc/sys/kernel/osrelease").value_or("");
  const std::string index = host.read("/lib/modules/" + release + "/modules.dep").value_or("");
  std::set<std::string> known;
  for (const std::string_view line : split_lines(index)) known.insert(watchdog_module(line));
  const std::string loaded = host.read("/proc/modules").value_or("");
  std::vector<std::string> used;
  for (const std::string_view line : split_lines(loaded)) {
    const auto words = split_words(line);  // name, bytes, uses, …
    if (words.size() < 3 || words[2] == "0" || !known.contains(std::string(words[0]))) continue;
    if (words[0] != kCore && words[0] != kSoftwareModule) used.emplace_back(words[0]);
  }
  return used;
}

}  // namespace

std::vector<ActiveWatchdog> active_watchdogs(const Host& host) {
  std::vector<ActiveWatchdog> found;
  for (const auto& [number, name] : watchdogs_by_number(host)) {
    const std::string folder = std::string(kClass) + "/" + name;
    const std::string identity = host.read(folder + "/identity").value_or("");
    if (host.read(folder + "/state").value_or("") != "active" || identity.empty() || identity == kSoftware)
      continue;
    ActiveWatchdog active{.watchdog = {identity, timeout_of(host, folder)},
                          .device = host.resolve(folder + "/device").value_or("")};
    if (active.device.empty()) active.modules = used_drivers(host);
    found.push_back(std::move(active));
  }
  return found;
}

}  // namespace kdump::service
