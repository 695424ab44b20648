// SPDX-License-Identifier: GPL-2.0-or-later
// kdump-capture: PID 1 of the capture kernel. It never ends: the last thing it does is the action.
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <exception>

#include "common/file.h"
#include "common/text.h"
#include "initramfs/capture/boot.h"
#include "initramfs/capture/capture.h"
#include "initramfs/capture/linux_system.h"

namespace kdump::capture {
namespace {

double uptime_seconds() {
  const std::string text = read_text_file("/proc/uptime").value_or("0");
  return std::strtod(text.c_str(), nullptr);
}

void note_start(Record& record) {
  utsname kernel{};
  uname(&kernel);
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  record.toolchain_version = KDUMP_VERSION;
  record.capture_kernel_release = kernel.release;
  record.started_unix = static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
  record.started_uptime_seconds = uptime_seconds();
}

plan::Action run(Machine& machine, Record& record) {
  note_start(record);
  machine.console.say(fmt::format("capture kernel {} up after {:.1f} seconds, kdump-capture {}",
                                  record.capture_kernel_release, record.started_uptime_seconds,
                                  KDUMP_VERSION));
  for (const std::string& problem : machine.problems) machine.console.say("warning: " + problem);
  record.warnings = machine.problems;
  LinuxSystem system;
  const plan::Action action = capture(system, machine.console, record);
  machine.console.say(record.saved ? "the dump is saved" : "the dump is NOT saved");
  return action;
}

// Out of memory, or a bug: somebody must be left to run the action.
plan::Action run_whatever_comes(Machine& machine, Record& record) {
  try {
    return run(machine, record);
  } catch (const std::exception& e) {
    machine.console.say(e.what());
  } catch (...) {
    machine.console.say("failed for no reason it could name");
  }
  return record.failure_action;
}

}  // namespace
}  // namespace kdump::capture

int main() {
  using namespace kdump::capture;
  if (getpid() != 1) {
    std::fputs(
        "kdump-capture: this is the first process of the capture kernel and nothing else; see "
        "kdump-capture(8)\n",
        stderr);
    return 2;
  }
  Machine machine = boot();
  Record record;
  act(run_whatever_comes(machine, record), machine);
}
