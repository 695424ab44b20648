// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/settings.h"

#include <algorithm>

#include "common/text.h"
#include "conf/kdump_conf.h"

namespace kdump::service {
namespace {

// All of them mean the one system call there is.
constexpr std::string_view kKexecArguments[] = {
    "-s", "--kexec-file-syscall", "-a", "--kexec-syscall-auto", "-d", "--debug"};

void add_diagnostics(const conf::Diagnostics& diagnostics, const std::string& file, Problems& problems) {
  for (const conf::Diagnostic& diagnostic : diagnostics) {
    auto& list = diagnostic.severity == conf::Severity::error ? problems.errors : problems.warnings;
    list.push_back(conf::render(diagnostic, file));
  }
}

void check_kexec_arguments(const std::string& arguments, const std::string& file, Problems& problems) {
  for (const std::string_view word : split_words(arguments))
    if (std::ranges::find(kKexecArguments, word) == std::end(kKexecArguments))
      problems.errors.push_back(
          fmt::format("{}: KEXEC_ARGS: \"{}\" is not built yet; -s is the only way to load", file, word));
}

}  // namespace

conf::Sysconfig read_sysconfig_settings(const Host& host, Problems& problems) {
  const std::string file = host.at(places::kSysconfig);
  const auto parsed = problems.take(conf::read_sysconfig(file));
  if (!parsed) return {};
  add_diagnostics(parsed->diagnostics, file, problems);
  check_kexec_arguments(parsed->settings.KEXEC_ARGS, file, problems);
  return parsed->settings;
}

Settings read_settings(const Host& host, Problems& problems) {
  Settings settings;
  const std::string file = host.at(places::kConfig);
  if (const auto parsed = problems.take(conf::read_config(file))) {
    add_diagnostics(parsed->diagnostics, file, problems);
    settings.config = parsed->config;
  }
  settings.sysconfig = read_sysconfig_settings(host, problems);
  return settings;
}

}  // namespace kdump::service
