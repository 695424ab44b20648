// SPDX-License-Identifier: GPL-2.0-or-later
// kdumpd(8): the service. Arms the machine, then stays to answer for it.
#include <systemd/sd-daemon.h>

#include <cstdio>
#include <span>

#include "common/options.h"
#include "kdumpd/daemon.h"
#include "kdumpd/machine/reservation.h"
#include "kdumpd/systemd.h"

namespace {

using kdump::Argument;
using kdump::Option;
using kdump::Status;
using kdump::service::Context;
using kdump::service::Daemon;
using kdump::service::Host;
using kdump::service::Level;

struct Settings {
  bool condition = false;
  bool help = false;
  bool version = false;
};

template <bool Settings::* Member>
Status set_flag(Settings& settings, std::string_view /*argument*/) {
  settings.*Member = true;
  return {};
}

constexpr Option<Settings> kOptions[] = {
    {{0, "condition", Argument::none, nullptr,
      "only tell whether crashkernel= is on the kernel command line"},
     set_flag<&Settings::condition>},
    {{'h', "help", Argument::none, nullptr, "show this and exit"}, set_flag<&Settings::help>},
    {{'V', "version", Argument::none, nullptr, "show the version and exit"}, set_flag<&Settings::version>},
};

void log(Level level, std::string_view text) {
  static const bool journal = kdump::service::logs_to_journal();
  constexpr const char* kPriorities[] = {SD_INFO, SD_WARNING, SD_ERR};
  constexpr const char* kWords[] = {"", "WARNING: ", ""};
  const auto index = static_cast<size_t>(level);
  if (journal)
    fmt::print(stderr, "{}{}\n", kPriorities[index], text);
  else
    fmt::print(stderr, "kdump: {}{}\n", kWords[index], text);
}

// For ExecCondition=: without crashkernel= the unit is skipped, not failed, as the incumbents' is; the reason
// is in the journal.
int tell_condition(const Host& host) {
  if (kdump::service::crashkernel_on_command_line(host)) return 0;
  const auto reserved = kdump::service::check_reservation(host);
  if (reserved) return 0;
  log(Level::warning, reserved.error().message());
  return 1;
}

int serve(const Host& host) {
  Daemon daemon(Context{host, kdump::service::real_effects(host, log), log},
                {kdump::service::notify_manager, kdump::service::running_job});
  if (const Status prepared = daemon.prepare(); !prepared) {
    log(Level::error, prepared.error().message());
    return 1;
  }
  return daemon.start() ? daemon.run() : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  const std::span<char* const> words(argv + 1, static_cast<size_t>(argc - 1));
  const auto rest = kdump::parse_options(std::span<const Option<Settings>>(kOptions), words, settings);
  if (!rest || !rest->empty()) {
    log(Level::error, rest ? "kdumpd takes no arguments; see kdumpd --help" : rest.error().message());
    return 1;
  }
  if (settings.help) {
    const auto names = kdump::option_names(std::span<const Option<Settings>>(kOptions));
    fmt::print("usage: kdumpd [OPTION]\n{}", kdump::option_help(names));
    return 0;
  }
  if (settings.version) {
    fmt::print("kdumpd {}\n", KDUMP_VERSION);
    return 0;
  }
  const Host host;
  return settings.condition ? tell_condition(host) : serve(host);
}
