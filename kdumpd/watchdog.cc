// SPDX-License-Identifier: GPL-2.0-or-later
// Kernel: Documentation/ABI/testing/sysfs-class-watchdog; drivers/watchdog/watchdog_dev.c.
#include "kdumpd/watchdog.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "common/text.h"

namespace kdump::service {
namespace {

constexpr const char* kClass = "/sys/class/watchdog";
constexpr std::string_view kSoftware = "Software Watchdog";  // drivers/watchdog/softdog.c

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

}  // namespace

std::vector<ActiveWatchdog> active_watchdogs(const Host& host, Problems& problems) {
  std::vector<ActiveWatchdog> found;
  for (const auto& [number, name] : watchdogs_by_number(host)) {
    const std::string folder = std::string(kClass) + "/" + name;
    const std::string identity = host.read(folder + "/identity").value_or("");
    if (host.read(folder + "/state").value_or("") != "active" || identity == kSoftware) continue;
    const auto device = host.resolve(folder + "/device");
    if (!device || identity.empty()) {
      problems.warnings.push_back(
          fmt::format("watchdog {} ({}) is active, but what hardware it is cannot be told: it may reset the "
                      "machine before the dump is saved",
                      name, identity.empty() ? "without a name" : identity));
      continue;
    }
    found.push_back({{identity, timeout_of(host, folder)}, *device});
  }
  return found;
}

}  // namespace kdump::service
