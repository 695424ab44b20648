// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/status_verb.h"

#include "kdumpd/verbs.h"

namespace kdump::service {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

std::string first_of(const std::vector<std::string>& lines) { return lines.empty() ? "" : lines.front(); }

std::string why_not_operational(const Context& context) {
  const auto reserved = context.effects.check_reservation();
  if (!reserved) return reserved.error().message();
  const ServiceStatus status = read_status(context.host);
  if (!status.errors.empty()) return "the last start failed: " + first_of(status.errors);
  return "no crash kernel is loaded; systemctl enable --now kdump, or kdumpctl start, loads it";
}

// What an armed machine's administrator should know besides.
std::vector<std::string> remarks(const ServiceStatus& status) {
  std::vector<std::string> lines;
  if (status.armed == ArmedState::previous)
    lines.push_back("armed with the previous image: " + first_of(status.errors));
  else if (!status.errors.empty())
    lines.push_back("armed with what was loaded before, the last attempt failed: " + first_of(status.errors));
  if (!status.target.empty()) lines.push_back("dumps go to " + status.target);
  for (const TargetStatus& target : status.targets)
    if (!target.problem.empty())
      lines.push_back(fmt::format("{} took no file when it was tried: {}", target.described, target.problem));
  return lines;
}

}  // namespace

std::vector<std::string> describe_status(const Context& context, bool loaded) {
  if (!loaded) return {"Kdump is not operational", why_not_operational(context)};
  std::vector<std::string> lines{"Kdump is operational"};
  const std::vector<std::string> more = remarks(read_status(context.host));
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

int run_status(const Context& context, std::span<char* const> /*arguments*/) {
  // Where the kernel has no such file it has no kdump either; check_reservation says so.
  const bool loaded = context.effects.loaded().value_or(false);
  for (const std::string& line : describe_status(context, loaded)) context.announce(Level::info, line);
  return loaded ? kSuccess : kNotOperational;
}

int run_showmem(const Context& context, std::span<char* const> /*arguments*/) {
  const auto size = kexec::crash_size({context.host.root()});
  if (!size) {
    context.announce(Level::error, size.error().message());
    return kFailure;
  }
  context.announce(Level::info, fmt::format("Reserved {}MB memory for crash kernel", *size / kMiB));
  return kSuccess;
}

}  // namespace kdump::service
