// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/prepare.h"

#include <sys/utsname.h>

#include <algorithm>
#include <ctime>

#include "kdumpd/capture_command_line.h"
#include "kdumpd/collector.h"

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
  plan.collector = local_collector(config.core_collector);
  plan.final_action = plan_action(config.final_action);
  plan.failure_action = plan_action(config.failure_action);
  plan.deadlines.overall = config.deadline;
  plan.deadlines.hook = config.hook_timeout;
  plan.hooks = preparation.programs.hooks;
  if (preparation.rootfs) plan.rootfs = {preparation.rootfs->target};
  return plan;
}

// Each once: two targets may be partitions of one disk, or directories of one filesystem.
std::vector<std::string> block_devices(const Preparation& preparation) {
  std::vector<std::string> devices;
  const auto add = [&](const ResolvedTarget& target) {
    const std::string& name = target.target.device.devname;
    if (std::ranges::find(devices, name) == devices.end()) devices.push_back(name);
  };
  for (const ResolvedTarget& target : preparation.targets) add(target);
  if (preparation.rootfs) add(*preparation.rootfs);
  return devices;
}

image::Request make_request(const Host& host, const Preparation& preparation) {
  image::Request request;
  request.root = host.root();
  request.kernel_release = preparation.kernel.release;
  request.block_devices = block_devices(preparation);
  request.programs = preparation.programs.paths;
  request.extra_modules = preparation.settings.config.extra_modules;
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

void take_targets(const Host& host, Preparation& preparation, Problems& problems) {
  for (Result<ResolvedTarget>& resolved : resolve_targets(host, preparation.settings.config)) {
    auto target = problems.take(std::move(resolved));
    if (!target) continue;
    problems.warnings.insert(problems.warnings.end(), target->warnings.begin(), target->warnings.end());
    preparation.targets.push_back(std::move(*target));
  }
  if (preparation.settings.config.failure_action == conf::Action::dump_to_rootfs)
    take_rootfs(host, preparation, problems);
  preparation.programs = find_programs(host, preparation.settings.config, problems);
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

Preparation prepare(const Host& host, const CollectorCheck& check_collector, Problems& problems) {
  Preparation preparation;
  // What a file with errors in it says may not be what is meant; nothing is concluded from it.
  const bool understood = take_settings(host, preparation, problems);
  if (understood) take_targets(host, preparation, problems);
  take_kernel(host, preparation, problems);
  if (understood) problems.check(check_collector(preparation.settings.config.core_collector));
  preparation.request = make_request(host, preparation);
  set_image_directory(host, preparation);
  return preparation;
}

Preparation prepare_image(const Host& host, Problems& problems) {
  Preparation preparation;
  if (take_settings(host, preparation, problems)) take_targets(host, preparation, problems);
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
