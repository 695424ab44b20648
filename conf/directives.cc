// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/directives.h"

#include "conf/values.h"

namespace kdump::conf {
namespace {

template <std::string Config::* Member>
Status apply_program(Config& config, std::string_view /*name*/, std::string_view value) {
  config.*Member = TRY(parse_program(value));
  return {};
}

template <bool Config::* Member>
Status apply_flag(Config& config, std::string_view /*name*/, std::string_view value) {
  config.*Member = TRY(parse_zero_or_one(value));
  return {};
}

constexpr Directive kDirectives[] = {
    {"ext2", "dump target", apply_target, ""},
    {"ext3", "dump target", apply_target, ""},
    {"ext4", "dump target", apply_target, ""},
    {"xfs", "dump target", apply_target, ""},
    {"btrfs", "dump target", apply_target, ""},
    {"vfat", "dump target", apply_target, ""},
    {"raw", "dump target", apply_target, ""},
    {"nfs", "dump target", apply_target, ""},
    {"ssh", "dump target", apply_target, ""},
    {"sshkey", "sshkey", apply_sshkey, ""},
    {"fallback", "", apply_fallback, ""},
    {"path", "path", apply_path, ""},
    {"min_free", "min_free", apply_min_free, ""},
    {"core_collector", "core_collector", apply_core_collector, ""},
    {"failure_action", "failure_action", apply_failure_action, ""},
    {"default", "failure_action", apply_failure_action, "failure_action"},
    {"final_action", "final_action", apply_final_action, ""},
    {"kdump_pre", "kdump_pre", apply_program<&Config::kdump_pre>, ""},
    {"kdump_post", "kdump_post", apply_program<&Config::kdump_post>, ""},
    {"kdump_emergency", "kdump_emergency", apply_program<&Config::kdump_emergency>, ""},
    {"hook_timeout", "hook_timeout", apply_hook_timeout, ""},
    {"extra_bins", "extra_bins", apply_extra_bins, ""},
    {"extra_modules", "extra_modules", apply_extra_modules, ""},
    {"force_rebuild", "force_rebuild", apply_flag<&Config::force_rebuild>, ""},
    {"force_no_rebuild", "force_no_rebuild", apply_flag<&Config::force_no_rebuild>, ""},
    {"auto_reset_crashkernel", "auto_reset_crashkernel", apply_auto_reset_crashkernel, ""},
    {"timeout", "timeout", apply_timeout, ""},
    {"deadline", "deadline", apply_deadline, ""},
};

constexpr std::string_view kTarget =
    "is not built yet; dump to ext2, ext3, ext4, xfs, btrfs, vfat, raw, nfs or ssh";
constexpr std::string_view kFence = "is not built yet; remove it, no node is told of the crash";

constexpr UnsupportedDirective kUnsupported[] = {
    {"minix", kTarget},
    {"virtiofs", kTarget},
    {"dracut_args", "is not built yet; remove it, the image is built without dracut"},
    {"fence_kdump_args", kFence},
    {"fence_kdump_nodes", kFence},
    {"net", "was replaced; write \"nfs SERVER:/EXPORT\" or \"ssh USER@HOST\""},
    {"options", "is gone; module parameters go into KDUMP_COMMANDLINE_APPEND as module.parameter=value"},
    {"link_delay", "is gone; remove it"},
    {"disk_timeout", "is gone; remove it"},
    {"debug_mem_level", "is gone; remove it"},
    {"blacklist", "is gone; the image holds only the modules that the target needs"},
    {"override_resettable", "is gone; remove it"},
};

}  // namespace

std::span<const Directive> directives() { return kDirectives; }

std::span<const UnsupportedDirective> unsupported_directives() { return kUnsupported; }

std::string_view action_word(Action action) {
  constexpr std::string_view kWords[] = {"reboot", "halt", "poweroff", "shell", "dump_to_rootfs"};
  return kWords[static_cast<size_t>(action)];
}

}  // namespace kdump::conf
