// SPDX-License-Identifier: GPL-2.0-or-later
// Everything kdump-capture does to the machine, so that the steps can be tested without one. Every operation
// that could hang takes a deadline and keeps it, whatever the kernel does.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/process.h"
#include "initramfs/plan/plan.h"
#include "initramfs/plan/protocol.h"

namespace kdump::capture {

// Told what a running worker reports.
class WorkerListener {
 public:
  virtual ~WorkerListener() = default;
  virtual void on_event(const protocol::Event& event) = 0;
  // A line the worker, its library loader or a sanitizer printed.
  virtual void on_output(std::string_view line) = 0;
};

struct AttemptLimits {
  std::chrono::seconds stall{0};       // no event for so long ends it; 0: no limit
  std::optional<SteadyTime> deadline;  // it has to be over by then
};

struct AttemptOutcome {
  Status status;              // the error says why the worker did not do what it was asked for
  bool left_behind = false;   // stuck in the kernel: SIGKILL did not end it, the target is lost for now
  bool cannot_start = false;  // nor could it another time: the program or a library is missing
  uint64_t peak_rss_kib = 0;
  uint64_t peak_anon_kib = 0;  // RssAnon + RssShmem
};

struct Mounted {
  std::string where;
  std::string warning{};    // empty when all is well
  std::string described{};  // for the console, where there is a choice: "NFS 4.2 from 192.0.2.7"
};

struct NetworkUp {
  std::string described;  // "eth0 (enp1s0 before the crash): 192.0.2.7/24"
  std::string warning{};  // what is missing that some targets may do without
};

// What became of a hardware watchdog that was active before the panic.
struct WatchdogState {
  std::string identity;
  std::chrono::seconds timeout{0};  // as it is set now
  std::string error{};              // why nobody feeds it; empty: it is fed
};

struct MemoryFigures {
  uint64_t total_kib = 0;
  uint64_t available_min_kib = 0;  // least MemAvailable seen so far
};

class System {
 public:
  virtual ~System() = default;

  virtual Result<std::string> read_plan() = 0;
  // Loading what is loaded already is no error.
  virtual Status load_module(const std::string& path, SteadyTime deadline) = 0;
  // Waits for the device; its path in /dev.
  virtual Result<std::string> find_device(const plan::Device& device, SteadyTime deadline) = 0;
  // Mounts read-write at protocol::kTargetMount, or beside it when something that hung holds that.
  virtual Result<Mounted> mount_target(const std::string& device, const plan::Target& target,
                                       SteadyTime deadline) = 0;
  // Something that uses this device hung: it and whatever is on the same disk is not looked at again, and
  // what is mounted stays mounted.
  virtual void abandon(const std::string& device) = 0;
  // Waits for the interfaces of the plan and their carriers, gives them addresses and routes, and writes the
  // name servers to /etc/resolv.conf. The error says what is missing: no such MAC address, no carrier, …
  virtual Result<NetworkUp> bring_up_network(const plan::Network& network, SteadyTime deadline) = 0;
  // Mounts the export of an NfsClient::kernel target where mount_target would, each address and each version
  // in turn. unmount_target undoes it; after a mount that hung, abandon("") gives the next a place of its
  // own.
  virtual Result<Mounted> mount_nfs(const plan::Target& target, SteadyTime deadline) = 0;
  virtual Status unmount_target(SteadyTime deadline) = 0;
  // `program`: the worker for the target, a path in the image.
  virtual AttemptOutcome run_worker(const std::string& program, const protocol::Request& request,
                                    const AttemptLimits& limits, WorkerListener& listener) = 0;
  // Runs a program of the administrator's in "/", with PATH=/bin:/sbin:/usr/bin:/usr/sbin; what it prints
  // goes to the listener. At the deadline it is killed with what it started.
  virtual Result<ExitState> run_hook(const std::vector<std::string>& argv, SteadyTime deadline,
                                     WorkerListener& listener) = 0;
  // Each is fed from when its driver shows it, as long as feed_watchdogs says; this waits for nothing.
  virtual void take_over_watchdogs(const std::vector<plan::Watchdog>& watchdogs) = 0;
  // Until then, whatever hangs meanwhile, and not after it; each call replaces the one before.
  virtual void feed_watchdogs(SteadyTime until) = 0;
  // For a machine that is to stand still.
  virtual void stop_watchdogs() = 0;
  // Of all that are taken over; waits for those that have said nothing yet.
  virtual std::vector<WatchdogState> watchdogs(SteadyTime deadline) = 0;
  // A shell on the console, until it is left.
  virtual Status run_shell() = 0;
  virtual MemoryFigures memory() = 0;
};

}  // namespace kdump::capture
