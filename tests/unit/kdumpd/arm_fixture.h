// SPDX-License-Identifier: GPL-2.0-or-later
// A machine whose kernel, image builder and targets are played by functions, for the verbs that arm it.
#pragma once

#include <gtest/gtest.h>

#include <set>

#include "common/file.h"
#include "kdumpd/arm.h"
#include "kdumpd/machine/reservation.h"
#include "kdumpd/verbs.h"
#include "tests/unit/kdumpd/fixture.h"

namespace kdump::service {

class ArmTest : public testing::Test {
 protected:
  void SetUp() override { machine.make_root_disk(); }

  Context context() {
    const Host host = machine.host();
    Effects effects;
    effects.check_reservation = [host] { return check_reservation(host); };
    effects.loaded = [this]() -> Result<bool> { return kernel_loaded; };
    effects.load = [this](const auto& wanted, const auto& previous) { return load(wanted, previous); };
    effects.unload = [this]() -> Status {
      kernel_loaded = false;
      return {};
    };
    effects.why_rebuild = [this](const auto&, const auto&) -> Result<std::string> { return why; };
    effects.build = [this](const auto& request, const auto& directory) { return build(request, directory); };
    effects.build_file = [this](const auto& request, const auto& output) { return build(request, output); };
    effects.probes.check_collector = [this](const auto&) { return collector; };
    effects.probes.addresses = [](const auto&) -> Result<std::vector<std::string>> {
      return std::vector<std::string>{"192.0.2.7"};
    };
    effects.prove = [this](const ResolvedTarget& target, const auto&) -> Result<Proof> {
      tried.push_back(target.described);
      if (dead.contains(target.described)) return fail("nobody there");
      return Proof{.free_bytes = free_bytes};
    };
    effects.probes.discover_network = [this](const auto&, const auto&) { return network; };
    return {host, effects, log.announce()};
  }

  kexec::LoadOutcome load(const kexec::CrashImage& wanted, const std::optional<kexec::CrashImage>& previous) {
    loads.push_back(wanted);
    offered_previous = previous;
    if (!load_fails) {
      kernel_loaded = kernel_believes;
      return {.armed = kexec::Armed::wanted, .error = {}, .restoration = {}, .findings = {}, .trace = {}};
    }
    const bool restored = previous.has_value();
    kernel_loaded = restored;
    return {.armed = restored ? kexec::Armed::previous : kexec::Armed::nothing,
            .error = Error(ErrorKind::failure, 0, "too big"),
            .restoration = {},
            .findings = {},
            .trace = {}};
  }

  Result<image::Image> build(const image::Request& request, const std::string& directory) {
    if (build_fails) return fail("no module for the disk");
    requests.push_back(request);
    const std::string path = directory + "/initramfs.img";
    const std::string content = "image " + std::to_string(requests.size());
    TRY(replace_file(path, bytes_of(std::string_view(content)), 0600));
    return image::Image{
        .path = path, .compressed_bytes = 7, .unpacked_bytes = 9, .modules = {}, .warnings = {}};
  }

  int run(std::string_view verb) { return run_verb(context(), verb, {}); }
  ServiceStatus recorded() { return read_status(machine.host()); }

  Machine machine;
  Log log;
  bool kernel_loaded = false;
  bool kernel_believes = true;
  bool load_fails = false;
  bool build_fails = false;
  Status collector;
  std::vector<std::string> tried;
  std::set<std::string> dead;
  std::optional<uint64_t> free_bytes = uint64_t{100} << 30;
  Result<FoundNetwork> network =
      FoundNetwork{.network = {.interfaces = {{"eth0", "52:54:00:12:34:56", 1500, {"192.0.2.1/24"}}},
                               .routes = {},
                               .name_servers = {},
                               .search = {}},
                   .warnings = {}};
  std::string why;
  std::vector<kexec::CrashImage> loads;
  std::vector<image::Request> requests;
  std::optional<kexec::CrashImage> offered_previous;
};

}  // namespace kdump::service
