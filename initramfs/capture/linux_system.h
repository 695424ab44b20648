// SPDX-License-Identifier: GPL-2.0-or-later
// The machine itself.
#pragma once

#include <string>

#include "initramfs/capture/device.h"
#include "initramfs/capture/memory.h"
#include "initramfs/capture/system.h"
#include "initramfs/capture/watchdog.h"

namespace kdump::capture {

class LinuxSystem final : public System {
 public:
  Result<std::string> read_plan() override;
  Status load_module(const std::string& path, SteadyTime deadline) override;
  Result<std::string> find_device(const plan::Device& device, SteadyTime deadline) override;
  Result<Mounted> mount_target(const std::string& device, const plan::Target& target,
                               SteadyTime deadline) override;
  Result<NetworkUp> bring_up_network(const plan::Network& network, SteadyTime deadline) override;
  Result<Mounted> mount_nfs(const plan::Target& target, SteadyTime deadline) override;
  void abandon(const std::string& device) override;
  Status unmount_target(SteadyTime deadline) override;
  AttemptOutcome run_worker(const std::string& program, const protocol::Request& request,
                            const AttemptLimits& limits, WorkerListener& listener) override;
  Result<ExitState> run_hook(const std::vector<std::string>& argv, SteadyTime deadline,
                             WorkerListener& listener) override;
  void take_over_watchdogs(const std::vector<plan::Watchdog>& watchdogs) override {
    watchdogs_.take_over(watchdogs);
  }
  void feed_watchdogs(SteadyTime until) override { watchdogs_.feed_until(until); }
  void stop_watchdogs() override { watchdogs_.stop(); }
  std::vector<WatchdogState> watchdogs(SteadyTime deadline) override { return watchdogs_.states(deadline); }
  Status run_shell() override;
  MemoryFigures memory() override;

 private:
  [[nodiscard]] std::string mount_point() const;
  [[nodiscard]] Result<std::string> make_mount_point() const;

  DeviceFinder finder_;
  unsigned abandoned_ = 0;  // mount points that are lost
  MemoryWatch memory_;
  Watchdogs watchdogs_;
};

}  // namespace kdump::capture
