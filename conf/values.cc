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

constexpr uint64_t kLargestMinFree = uint64_t{1} << 60;  // so that adding it to a size overflows nothing

Result<std::string> parse_key_file(std::string_view value) {
  if (value.starts_with('/') && split_words(value).size() == 1) return std::string(value);
  return fail(ErrorKind::usage, "\"{}\" is not the absolute path of a private key", value);
}

struct FallbackOption {
  std::string_view name;
  Status (*apply)(FallbackTarget& fallback, std::string_view value);
};

Status apply_fallback_path(FallbackTarget& fallback, std::string_view value) {
  fallback.path = squeeze_slashes(value);
  return {};
}

Status apply_fallback_timeout(FallbackTarget& fallback, std::string_view value) {
  const std::chrono::seconds timeout = TRY(parse_time_span(value));
  if (timeout.count() == 0) return fail(ErrorKind::usage, "timeout \"{}\" would give up at once", value);
  fallback.timeout = timeout;
  return {};
}

Status apply_fallback_key(FallbackTarget& fallback, std::string_view value) {
  auto* const ssh = std::get_if<SshTarget>(&fallback.target);
  if (ssh == nullptr)
    return fail(ErrorKind::usage, "sshkey= is for ssh; leave it out of \"{}\"", target_text(fallback.target));
  ssh->key = TRY(parse_key_file(value));
  return {};
}

constexpr FallbackOption kFallbackOptions[] = {
    {"path", apply_fallback_path}, {"timeout", apply_fallback_timeout}, {"sshkey", apply_fallback_key}};

Status apply_fallback_option(FallbackTarget& fallback, std::string_view word) {
  const size_t equals = word.find('=');
  const std::string_view value = equals == std::string_view::npos ? "" : word.substr(equals + 1);
  const auto* const option =
      std::ranges::find(kFallbackOptions, word.substr(0, equals), &FallbackOption::name);
  if (option == std::end(kFallbackOptions) || value.empty())
    return fail(ErrorKind::usage,
                "\"{}\" is no option of a fallback; write path=DIR, timeout=TIME or sshkey=FILE", word);
  return option->apply(fallback, value);
}

// Programs that the capture side knows; it runs no other.
constexpr std::string_view kCopiers[] = {"scp", "cp"};

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

Status apply_target(Config& config, std::string_view name, std::string_view value) {
  config.target = TRY(parse_target(name, value));
  return {};
}

Status apply_fallback(Config& config, std::string_view /*name*/, std::string_view value) {
  const auto words = split_words(value);
  if (words.size() < 2)
    return fail(ErrorKind::usage, "needs a kind and a target, for example ext4 LABEL=dumps path=/crash");
  FallbackTarget fallback{.target = TRY(parse_target(words[0], words[1])), .path = {}};
  for (size_t i = 2; i < words.size(); ++i) TRY(apply_fallback_option(fallback, words[i]));
  config.fallbacks.push_back(std::move(fallback));
  return {};
}

Status apply_sshkey(Config& config, std::string_view /*name*/, std::string_view value) {
  config.sshkey = TRY(parse_key_file(value));
  return {};
}

Status apply_min_free(Config& config, std::string_view /*name*/, std::string_view value) {
  const auto bytes = parse_size(value);
  if (!bytes || *bytes > kLargestMinFree)
    return fail(ErrorKind::usage, "\"{}\" is not a size; write for example 64M or 2G", value);
  config.min_free = *bytes;
  return {};
}

Status apply_core_collector(Config& config, std::string_view /*name*/, std::string_view value) {
  const auto words = split_words(value);
  if (words.empty()) return fail(ErrorKind::usage, "needs a program, for example makedumpfile -l -d 31");
  const bool copies = std::ranges::find(kCopiers, words.front()) != std::end(kCopiers);
  if (copies && words.size() > 1)
    return fail(ErrorKind::usage, "{} takes no options, found \"{}\"", words[0], words[1]);
  if (!copies && !is_makedumpfile(words.front()))
    return fail(ErrorKind::unsupported,
                "collector \"{}\" is not built yet; use makedumpfile with its options, cp or scp",
                words.front());
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

std::string squeeze_slashes(std::string_view path) {
  std::string squeezed;
  for (const std::string_view part : split(path, '/'))
    if (!part.empty()) squeezed.append("/").append(part);
  return squeezed.empty() ? "/" : squeezed;
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
