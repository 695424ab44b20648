// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/prepare.h"

#include <sys/utsname.h>

#include <algorithm>
#include <ctime>
#include <span>

#include "kdumpd/capture_command_line.h"

namespace kdump::service {
namespace {

// conf and plan name the same ones; one is the administrator's word, the other the capture side's.
plan::Action plan_action(conf::Action action) {
  constexpr plan::Action kActions[] = {plan::Action::reboot, plan::Action::halt, plan::Action::poweroff,
                                       plan::Action::shell, plan::Action::dump_to_rootfs};
  return kActions[static_cast<size_t>(action)];
}

int utc_offset_now() {
  const time_t now = time(nullptr);
  tm local{};
  return localtime_r(&now, &local) == nullptr ? 0 : static_cast<int>(local.tm_gmtoff);
}

std::string hostname_of(const Host& host) {
  if (const auto name = host.read("/proc/sys/kernel/hostname")) return *name;
  return host.read("/etc/hostname").value_or("localhost");
}

plan::Plan make_plan(const Host& host, const Preparation& preparation) {
  const conf::Config& config = preparation.settings.config;
  plan::Plan plan;
  plan.toolchain_version = KDUMP_VERSION;
  plan.kernel_release = preparation.kernel.release;
  plan.hostname = hostname_of(host);
  plan.utc_offset_seconds = utc_offset_now();
  for (const ResolvedTarget& target : preparation.targets) plan.targets.push_back(target.target);
  plan.collector = config.core_collector;
  plan.min_free = config.min_free;
  plan.network = preparation.network;
  plan.final_action = plan_action(config.final_action);
  plan.failure_action = plan_action(config.failure_action);
  plan.deadlines.overall = config.deadline;
  plan.deadlines.hook = config.hook_timeout;
  plan.hooks = preparation.programs.hooks;
  for (const ActiveWatchdog& active : preparation.watchdogs) plan.watchdogs.push_back(active.watchdog);
  if (preparation.rootfs) plan.rootfs = {preparation.rootfs->target};
  return plan;
}

// Each once: two targets may be partitions of one disk, or directories of one filesystem.
std::vector<std::string> block_devices(const Preparation& preparation) {
  std::vector<std::string> devices;
  const auto add = [&](const ResolvedTarget& target) {
    const std::string& name = target.target.device.devname;
    if (!name.empty() && std::ranges::find(devices, name) == devices.end()) devices.push_back(name);
  };
  for (const ResolvedTarget& target : preparation.targets) add(target);
  if (preparation.rootfs) add(*preparation.rootfs);
  return devices;
}

std::vector<image::ExtraFile> keys(const Preparation& preparation) {
  std::vector<image::ExtraFile> files;
  for (const ResolvedTarget& target : preparation.targets)
    if (!target.private_key.empty()) files.push_back({target.private_key, target.target.ssh.key, 0600});
  return files;
}

image::Request make_request(const Host& host, const Preparation& preparation) {
  image::Request request;
  request.root = host.root();
  request.kernel_release = preparation.kernel.release;
  request.block_devices = block_devices(preparation);
  for (const ActiveWatchdog& active : preparation.watchdogs) {
    if (!active.device.empty()) request.watchdog_devices.push_back(active.device);
    request.watchdog_modules.insert(request.watchdog_modules.end(), active.modules.begin(),
                                    active.modules.end());
  }
  request.programs = preparation.programs.paths;
  request.extra_modules = preparation.settings.config.extra_modules;
  request.files = keys(preparation);
  request.plan = make_plan(host, preparation);
  return request;
}

// False when there are errors in them.
bool take_settings(const Host& host, Preparation& preparation, Problems& problems) {
  const size_t before = problems.errors.size();
  preparation.settings = read_settings(host, problems);
  return problems.errors.size() == before;
}

void take_rootfs(const Host& host, Preparation& preparation, Problems& problems) {
  preparation.rootfs = problems.take(resolve_rootfs(host, preparation.settings.config));
  if (!preparation.rootfs) return;
  const plan::Device& root = preparation.rootfs->target.device;
  if (std::ranges::any_of(preparation.targets, [&](const auto& t) { return t.target.device == root; }))
    problems.warnings.push_back(fmt::format(
        "failure_action dump_to_rootfs: {} is the root filesystem and a target already; it would be "
        "tried a second time",
        root.devname));
}

void add_all(const std::vector<std::string>& from, std::vector<std::string>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

// Without a route from here there is none in the capture kernel either.
Status check_route(const Host& host, const Probes& probes, const plan::Target& target) {
  if (!plan::is_remote(target)) return {};
  TRY(with_context(probes.discover_network(host, std::span(&target, 1)), "{}", plan::target_text(target)));
  return {};
}

void take_usable_targets(const Host& host, const Probes& probes, Preparation& preparation,
                         Problems& problems) {
  std::vector<std::string> unusable;
  for (Result<ResolvedTarget>& resolved : resolve_targets(host, preparation.settings.config, probes)) {
    const Status usable =
        resolved ? check_route(host, probes, resolved->target) : Status(Failure(resolved.error()));
    if (usable) {
      add_all(resolved->warnings, problems.warnings);
      preparation.targets.push_back(std::move(*resolved));
    } else if (usable.error().kind() == ErrorKind::unsupported) {
      problems.add(usable.error());
    } else {
      unusable.push_back(usable.error().message());
    }
  }
  add_all(unusable, preparation.targets.empty() ? problems.errors : problems.warnings);
}

void take_network(const Host& host, const Probes& probes, Preparation& preparation, Problems& problems) {
  std::vector<plan::Target> targets;
  for (const ResolvedTarget& target : preparation.targets) targets.push_back(target.target);
  if (std::ranges::none_of(targets, plan::is_remote)) return;
  auto found = problems.take(probes.discover_network(host, targets));
  if (!found) return;
  add_all(found->warnings, problems.warnings);
  preparation.network = std::move(found->network);
}

void take_targets(const Host& host, const Probes& probes, Preparation& preparation, Problems& problems) {
  take_usable_targets(host, probes, preparation, problems);
  take_network(host, probes, preparation, problems);
  if (preparation.settings.config.failure_action == conf::Action::dump_to_rootfs)
    take_rootfs(host, preparation, problems);
  preparation.programs = find_programs(host, preparation.settings.config, problems);
  preparation.watchdogs = active_watchdogs(host);
}

void take_kernel(const Host& host, Preparation& preparation, Problems& problems) {
  const conf::Sysconfig& sysconfig = preparation.settings.sysconfig;
  if (auto kernel = problems.take(find_kernel(host, sysconfig.KDUMP_KERNELVER)))
    preparation.kernel = std::move(*kernel);
  if (auto line = problems.take(capture_command_line(host, sysconfig)))
    preparation.command_line = std::move(*line);
}

void set_image_directory(const Host& host, Preparation& preparation) {
  preparation.image_directory = host.at(std::string(places::kImages) + "/" + preparation.kernel.release);
}

}  // namespace

Preparation prepare(const Host& host, const Probes& probes, Problems& problems) {
  Preparation preparation;
  // What a file with errors in it says may not be what is meant; nothing is concluded from it.
  const bool understood = take_settings(host, preparation, problems);
  if (understood) take_targets(host, probes, preparation, problems);
  take_kernel(host, preparation, problems);
  if (understood) problems.check(probes.check_collector(preparation.settings.config.core_collector));
  preparation.request = make_request(host, preparation);
  set_image_directory(host, preparation);
  return preparation;
}

Preparation prepare_image(const Host& host, const Probes& probes, Problems& problems) {
  Preparation preparation;
  if (take_settings(host, preparation, problems)) take_targets(host, probes, preparation, problems);
  if (auto release = problems.take(kernel_release(host, preparation.settings.sysconfig.KDUMP_KERNELVER)))
    preparation.kernel.release = std::move(*release);
  preparation.request = make_request(host, preparation);
  set_image_directory(host, preparation);
  return preparation;
}

Preparation prepare_reload(const Host& host, Problems& problems) {
  Preparation preparation;
  preparation.settings.sysconfig = read_sysconfig_settings(host, problems);
  take_kernel(host, preparation, problems);
  set_image_directory(host, preparation);
  return preparation;
}

std::string describe_targets(const Preparation& preparation) {
  std::string text;
  for (const ResolvedTarget& target : preparation.targets)
    text.append(text.empty() ? "" : ", or else to ").append(target.described);
  return text;
}

std::string image_path(const Preparation& preparation) {
  return preparation.image_directory + "/initramfs.img";
}

}  // namespace kdump::service
