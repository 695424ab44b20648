// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/core.h>

#include "initramfs/plan/plan.h"

namespace kdump::plan {
namespace {

// IPv6 needs its brackets where something follows.
std::string bracketed(const std::string& host) { return host.contains(':') ? "[" + host + "]" : host; }

std::string filesystem_text(const Target& target) { return device_text(target.device); }
std::string raw_text(const Target& target) { return "raw " + device_text(target.device); }
std::string ssh_text(const Target& target) {
  const std::string port = target.server.port == 0 ? "" : fmt::format(":{}", target.server.port);
  return fmt::format("ssh {}@{}{}", target.ssh.user, bracketed(target.server.host), port);
}
std::string nfs_text(const Target& target) {
  return fmt::format("nfs {}:{}", bracketed(target.server.host), target.nfs.path);
}

}  // namespace

bool is_remote(const Target& target) {
  return target.kind == TargetKind::ssh || target.kind == TargetKind::nfs;
}

std::string device_text(const Device& device) {
  if (!device.uuid.empty()) return "UUID=" + device.uuid;
  if (!device.label.empty()) return "LABEL=" + device.label;
  if (!device.partuuid.empty()) return "PARTUUID=" + device.partuuid;
  return device.devname;
}

std::string target_text(const Target& target) {
  constexpr std::string (*kTexts[])(const Target&) = {filesystem_text, raw_text, ssh_text, nfs_text};
  return kTexts[static_cast<size_t>(target.kind)](target);
}

}  // namespace kdump::plan
