// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/values.h"

#include <algorithm>
#include <cctype>
#include <iterator>

#include "common/text.h"
#include "conf/time_span.h"

namespace kdump::conf {
namespace {

struct ActionWord {
  std::string_view word;
  Action action;
};

constexpr ActionWord kActions[] = {{"reboot", Action::reboot},
                                   {"halt", Action::halt},
                                   {"poweroff", Action::poweroff},
                                   {"shell", Action::shell},
                                   {"dump_to_rootfs", Action::dump_to_rootfs}};

// "/var//crash/" and "var/crash" are both "/var/crash"; the root stays "/".
std::string squeeze_slashes(std::string_view path) {
  std::string squeezed;
  for (const std::string_view part : split(path, '/'))
    if (!part.empty()) squeezed.append("/").append(part);
  return squeezed.empty() ? "/" : squeezed;
}

bool is_device(std::string_view text) {
  constexpr std::string_view kForms[] = {"/dev/", "LABEL=", "UUID=", "PARTUUID="};
  return std::ranges::any_of(
      kForms, [&](std::string_view form) { return text.starts_with(form) && text.size() > form.size(); });
}

Status check_device(std::string_view value) {
  if (is_device(value)) return {};
  return fail(ErrorKind::usage, "\"{}\" is not a device; write /dev/NAME, LABEL=NAME, UUID=ID or PARTUUID=ID",
              value);
}

constexpr std::string_view kFallbackKinds[] = {"ext2", "ext3", "ext4", "xfs", "btrfs", "vfat"};
constexpr std::string_view kUnbuiltKinds[] = {"nfs", "ssh", "raw", "minix", "virtiofs"};

Status check_fallback_kind(std::string_view kind) {
  if (std::ranges::find(kFallbackKinds, kind) != std::end(kFallbackKinds)) return {};
  if (std::ranges::find(kUnbuiltKinds, kind) != std::end(kUnbuiltKinds))
    return fail(ErrorKind::unsupported, "\"{}\" is not built yet; use ext2, ext3, ext4, xfs, btrfs or vfat",
                kind);
  return fail(ErrorKind::usage, "unknown kind of target \"{}\"; use ext2, ext3, ext4, xfs, btrfs or vfat",
              kind);
}

Status apply_fallback_option(FallbackTarget& fallback, std::string_view word) {
  const size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? "" : word.substr(equals + 1);
  if (name == "path" && !value.empty()) {
    fallback.path = squeeze_slashes(value);
    return {};
  }
  if (name != "timeout" || value.empty())
    return fail(ErrorKind::usage, "\"{}\" is no option of a fallback; write path=DIR or timeout=TIME", word);
  const std::chrono::seconds timeout = TRY(parse_time_span(value));
  if (timeout.count() == 0) return fail(ErrorKind::usage, "timeout \"{}\" would give up at once", value);
  fallback.timeout = timeout;
  return {};
}

bool is_makedumpfile(std::string_view program) {
  return program.substr(program.rfind('/') + 1) == "makedumpfile";
}

bool is_module_name(std::string_view name) {
  return std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

}  // namespace

Status apply_path(Config& config, std::string_view /*name*/, std::string_view value) {
  config.path = squeeze_slashes(value);
  return {};
}

Status apply_filesystem(Config& config, std::string_view name, std::string_view value) {
  TRY(check_device(value));
  if (split_words(value).size() != 1)
    return fail(ErrorKind::usage, "\"{}\" is more than one word; write one device and nothing after it",
                value);
  config.target = {std::string(name), std::string(value)};
  return {};
}

Status apply_fallback(Config& config, std::string_view /*name*/, std::string_view value) {
  const auto words = split_words(value);
  if (words.size() < 2)
    return fail(ErrorKind::usage, "needs a kind and a device, for example ext4 LABEL=dumps path=/crash");
  TRY(check_fallback_kind(words[0]));
  TRY(check_device(words[1]));
  FallbackTarget fallback{.target = {std::string(words[0]), std::string(words[1])}, .path = {}};
  for (size_t i = 2; i < words.size(); ++i) TRY(apply_fallback_option(fallback, words[i]));
  config.fallbacks.push_back(std::move(fallback));
  return {};
}

Status apply_core_collector(Config& config, std::string_view /*name*/, std::string_view value) {
  const auto words = split_words(value);
  if (words.empty()) return fail(ErrorKind::usage, "needs a program, for example makedumpfile -l -d 31");
  if (!is_makedumpfile(words.front()))
    return fail(ErrorKind::unsupported,
                "collector \"{}\" is not built yet; use makedumpfile with its options", words.front());
  config.core_collector.assign(words.begin(), words.end());
  return {};
}

Status apply_extra_modules(Config& config, std::string_view /*name*/, std::string_view value) {
  const auto words = split_words(value);
  const auto wrong = std::ranges::find_if_not(words, is_module_name);
  if (wrong != words.end())
    return fail(ErrorKind::usage, "\"{}\" is not a module name; write names as lsmod shows them", *wrong);
  config.extra_modules.assign(words.begin(), words.end());
  return {};
}

Status apply_auto_reset_crashkernel(Config& config, std::string_view /*name*/, std::string_view value) {
  // As the incumbents have it: whatever is not a plain "no" means yes.
  config.auto_reset_crashkernel = value != "no";
  return {};
}

Status apply_timeout(Config& config, std::string_view /*name*/, std::string_view value) {
  config.timeout = TRY(parse_time_span(value));
  if (config.timeout.count() == 0)
    return fail(ErrorKind::usage, "\"{}\" would give up at once; the default is 2min", value);
  return {};
}

Status apply_deadline(Config& config, std::string_view /*name*/, std::string_view value) {
  config.deadline = TRY(parse_time_span(value));
  return {};
}

Status apply_failure_action(Config& config, std::string_view /*name*/, std::string_view value) {
  const auto* const known = std::ranges::find(kActions, value, &ActionWord::word);
  if (known == std::end(kActions))
    return fail(ErrorKind::usage,
                "unknown action \"{}\"; use reboot, halt, poweroff, shell or dump_to_rootfs", value);
  config.failure_action = known->action;
  return {};
}

Status apply_final_action(Config& config, std::string_view /*name*/, std::string_view value) {
  const auto* const known = std::ranges::find(kActions, value, &ActionWord::word);
  if (known == std::end(kActions) || known->action >= Action::shell)
    return fail(ErrorKind::usage, "unknown action \"{}\"; use reboot, halt or poweroff", value);
  config.final_action = known->action;
  return {};
}

Status apply_hook_timeout(Config& config, std::string_view /*name*/, std::string_view value) {
  config.hook_timeout = TRY(parse_time_span(value));
  if (config.hook_timeout.count() == 0)
    return fail(ErrorKind::usage, "\"{}\" would give up at once; the default is 1min", value);
  return {};
}

Status apply_extra_bins(Config& config, std::string_view /*name*/, std::string_view value) {
  const auto words = split_words(value);
  config.extra_bins.assign(words.begin(), words.end());
  return {};
}

Result<std::string> parse_program(std::string_view value) {
  if (!value.starts_with('/'))
    return fail(ErrorKind::usage, "\"{}\" is not an absolute path; write one program and no arguments",
                value);
  if (split_words(value).size() != 1)
    return fail(ErrorKind::usage, "\"{}\" is more than one word; write one program and no arguments", value);
  return std::string(value);
}

Result<bool> parse_zero_or_one(std::string_view value) {
  if (value == "0" || value == "1") return value == "1";
  return fail(ErrorKind::usage, "\"{}\" is neither 0 nor 1", value);
}

}  // namespace kdump::conf
