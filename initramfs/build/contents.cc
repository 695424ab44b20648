// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/contents.h"

#include <algorithm>
#include <set>

#include "common/text.h"
#include "initramfs/build/block_device.h"
#include "initramfs/build/firmware.h"
#include "initramfs/build/libraries.h"
#include "initramfs/build/modules.h"
#include "initramfs/build/net_device.h"
#include "initramfs/build/programs.h"
#include "initramfs/plan/way.h"

namespace kdump::image {
namespace {

constexpr const char* kInit = "/init";
constexpr const char* kWorker = "/usr/lib/kdump/kdump-capture-worker";
constexpr const char* kConfig = "/etc/kdump.conf";

// The driver the running kernel uses must come along. Where it is built in, or bound to none, the kernel of
// the image may still have a module for the device; most such devices (bridges, …) need none.
ModuleWish wish_for(const StackedDevice& device) {
  ModuleWish wish{.names = {}, .purpose = "driver of " + device.path, .if_missing = IfMissing::ignore};
  if (!device.module.empty()) {
    wish.names.push_back(device.module);
    wish.if_missing = IfMissing::error;
  }
  if (!device.modalias.empty()) wish.names.push_back(device.modalias);
  return wish;
}

// FAT asks for the tables of its codepage and of its character set by name when it is mounted, which nobody
// answers in the capture kernel (kernel: fs/fat/inode.c, fat_fill_super; fs/nls/nls_base.c, load_nls).
void add_character_sets(const plan::Target& target, std::vector<ModuleWish>& wishes) {
  // First those of a kernel that is told nothing.
  std::vector<std::string> tables{"nls_cp437", "nls_ascii", "nls_iso8859-1"};
  for (const std::string_view option : split(target.mount_options, ',')) {
    if (option.starts_with("codepage=")) tables.push_back("nls_cp" + std::string(option.substr(9)));
    if (option.starts_with("iocharset=")) tables.push_back("nls_" + std::string(option.substr(10)));
  }
  for (const std::string& table : tables)
    wishes.push_back({{table}, "character set of the target", IfMissing::ignore});
}

void add_filesystem_wishes(const plan::Target& target, std::vector<ModuleWish>& wishes) {
  if (target.fstype.empty()) return;
  if (target.fstype == "vfat") add_character_sets(target, wishes);
  wishes.push_back({{"fs-" + target.fstype, target.fstype},  // MODULE_ALIAS_FS
                    "filesystem " + target.fstype,
                    IfMissing::error});
}

// The kernel asks a user program for the module of each version (kernel: fs/nfs/client.c, get_nfs_version),
// and there is none in the capture kernel.
void add_nfs_wishes(const plan::Target& target, std::vector<ModuleWish>& wishes) {
  if (target.kind != plan::TargetKind::nfs || target.nfs.client != plan::NfsClient::kernel) return;
  const bool any4 = std::ranges::any_of(target.nfs.versions,
                                        [](const std::string& version) { return version.starts_with('4'); });
  const bool any3 = std::ranges::find(target.nfs.versions, "3") != target.nfs.versions.end();
  if (any4) wishes.push_back({{"nfsv4"}, "NFS version 4", IfMissing::error});
  if (any3) wishes.push_back({{"nfsv3"}, "NFS version 3", any4 ? IfMissing::warn : IfMissing::error});
}

// First of all, for their time runs since the panic. A dump without them is better than none.
void add_watchdog_wishes(const HostTree& tree, const Request& request, std::vector<ModuleWish>& wishes) {
  for (const std::string& watchdog : request.watchdog_devices) {
    for (const StackedDevice& device : driver_chain(tree, watchdog)) {
      wishes.push_back(wish_for(device));
      if (wishes.back().if_missing == IfMissing::error) wishes.back().if_missing = IfMissing::warn;
    }
  }
  for (const std::string& module : request.watchdog_modules)
    wishes.push_back({{module}, "driver of a watchdog", IfMissing::warn});
}

bool uses_ipv6(const plan::Network& network) {
  return std::ranges::any_of(network.interfaces, [](const plan::Interface& interface) {
    return std::ranges::any_of(interface.addresses,
                               [](const std::string& text) { return text.contains(':'); });
  });
}

Status add_network_wishes(const HostTree& tree, const Request& request, std::vector<ModuleWish>& wishes) {
  for (const plan::Interface& interface : request.plan.network.interfaces) {
    if (interface.mac.empty()) continue;  // the loopback
    for (const StackedDevice& device : TRY(net_device_stack(tree, interface.name)))
      wishes.push_back(wish_for(device));
  }
  // Some kernels have it as a module.
  if (uses_ipv6(request.plan.network)) wishes.push_back({{"ipv6"}, "IPv6", IfMissing::ignore});
  return {};
}

Result<std::vector<ModuleWish>> module_wishes(const HostTree& tree, const Request& request) {
  std::vector<ModuleWish> wishes;
  add_watchdog_wishes(tree, request, wishes);
  for (const std::string& block_device : request.block_devices) {
    for (const StackedDevice& device : TRY(device_stack(tree, block_device)))
      wishes.push_back(wish_for(device));
  }
  TRY(add_network_wishes(tree, request, wishes));
  for (const plan::Target& target : request.plan.targets) add_filesystem_wishes(target, wishes);
  for (const plan::Target& target : request.plan.targets) add_nfs_wishes(target, wishes);
  for (const plan::Target& target : request.plan.rootfs) add_filesystem_wishes(target, wishes);
  for (const std::string& name : request.extra_modules)
    wishes.push_back({{name}, "extra_modules", IfMissing::warn});
  return wishes;
}

Status add_modules(const HostTree& tree, const Request& request, Contents& contents) {
  const std::vector<ModuleWish> wishes = TRY(module_wishes(tree, request));
  LoadOrder order = TRY(resolve_modules(tree, request.kernel_release, wishes));
  contents.plan.modules.clear();
  for (const ModuleFile& module : order.modules) {
    const std::string path = "/lib/modules/" + request.kernel_release + "/" + module.relative;
    contents.files.push_back({path, module.path, 0644, true});
    contents.modules.push_back(module.name);
    contents.plan.modules.push_back(path);
  }
  contents.warnings = std::move(order.warnings);
  std::set<std::string> firmware;
  for (const ModuleFile& module : order.modules) {
    Firmware found = firmware_files(tree, request.kernel_release, module);
    for (ImageFile& file : found.files)
      if (firmware.insert(file.image_path).second) contents.files.push_back(std::move(file));
    if (!found.warning.empty()) contents.warnings.push_back(std::move(found.warning));
  }
  return {};
}

// Only the workers that the targets need: each brings libraries of its own.
std::set<std::string> worker_suffixes(const plan::Plan& plan) {
  std::set<std::string> suffixes;
  for (const auto* targets : {&plan.targets, &plan.rootfs}) {
    for (const plan::Target& target : *targets) suffixes.emplace(plan::worker_suffix(target));
  }
  return suffixes;
}

Status add_programs(const HostTree& tree, const Request& request, Contents& contents) {
  contents.files.push_back({kInit, request.capture_program, 0755, false});
  std::vector<std::string> programs{request.capture_program};
  for (const std::string& suffix : worker_suffixes(request.plan)) {
    programs.push_back(request.worker_program + suffix);
    contents.files.push_back({kWorker + suffix, programs.back(), 0755, false});
  }
  std::set<std::string> known;
  for (const std::string& program : programs) {
    for (const Library& library : TRY(needed_libraries(tree, program))) {
      if (known.insert(library.image_path).second)
        contents.files.push_back({library.image_path, library.path, 0755, false});
    }
  }
  for (const std::string& program : request.programs) {
    for (ImageFile& file : TRY(program_files(tree, program)))
      if (known.insert(file.image_path).second) contents.files.push_back(std::move(file));
  }
  return {};
}

// A plan that reads back as another one would send the dump somewhere else.
Status check_plan(const plan::Plan& plan) {
  const Result<plan::Plan> again = plan::from_json(plan::to_json(plan));
  if (!again) return Failure(again.error());
  if (*again != plan) return fail("the plan cannot be written down: a path or name in it is not UTF-8");
  return {};
}

}  // namespace

Result<Contents> gather_contents(const HostTree& tree, const Request& request) {
  Contents contents{.files = {}, .modules = {}, .warnings = {}, .plan = request.plan};
  TRY(add_programs(tree, request, contents));
  TRY(add_modules(tree, request, contents));
  for (const ExtraFile& file : request.files)
    contents.files.push_back({file.image_path, file.source, file.mode, false});
  contents.files.push_back({kConfig, request.config_file, 0600, false});
  TRY(check_plan(contents.plan));
  return contents;
}

}  // namespace kdump::image
