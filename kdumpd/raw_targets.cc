// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/raw_targets.h"

#include <algorithm>
#include <string>
#include <vector>

#include "conf/config.h"
#include "kdumpd/machine/block_device.h"
#include "kdumpd/settings.h"
#include "kdumpd/target/raw_extract.h"

namespace kdump::service {
namespace {

struct Source {
  std::string device;
  std::string path;
};

void add(const Host& host, const conf::Target& target, const std::string& path, std::vector<Source>& found) {
  const auto* const raw = std::get_if<conf::RawTarget>(&target);
  if (raw == nullptr) return;
  const auto device = find_device(host, raw->device);
  // Whoever arms the machine says so when it is not there.
  if (device && std::ranges::find(found, *device, &Source::device) == found.end())
    found.push_back({*device, path});
}

std::vector<Source> raw_sources(const Host& host) {
  Problems told_by_who_arms;
  const conf::Config config = read_settings(host, told_by_who_arms).config;
  std::vector<Source> found;
  if (config.target) add(host, *config.target, config.path, found);
  for (const conf::FallbackTarget& fallback : config.fallbacks)
    add(host, fallback.target, fallback.path.empty() ? config.path : fallback.path, found);
  return found;
}

// What is damaged will not become whole.
std::string remedy(const Error& error, const std::string& device) {
  if (error.kind() != ErrorKind::corrupt)
    return "it stays there, and no other dump goes there until kdumpctl start has taken it";
  return fmt::format(
      "it stays there, and no other dump goes there; what cannot be used is given up by dd if=/dev/zero "
      "of={} bs=4096 count=1",
      device);
}

bool take(const Host& host, const Source& source, const Announce& announce) {
  const auto taken = extract_raw(host, source.device, source.path, announce);
  if (!taken) {
    announce(Level::error,
             fmt::format("{}; {}", taken.error().message(), remedy(taken.error(), source.device)));
    return false;
  }
  if (!taken->warning.empty())
    announce(Level::warning, fmt::format("raw {}: {}", source.device, taken->warning));
  if (!taken->directory.empty())
    announce(Level::info, fmt::format("raw {}: what the crash left is in {}; the device is free for the next",
                                      source.device, taken->directory));
  return true;
}

}  // namespace

bool has_raw_targets(const Host& host) { return !raw_sources(host).empty(); }

bool take_raw_dumps(const Host& host, const Announce& announce) {
  bool all = true;
  for (const Source& source : raw_sources(host)) all = take(host, source, announce) && all;
  return all;
}

}  // namespace kdump::service
