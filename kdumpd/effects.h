// SPDX-License-Identifier: GPL-2.0-or-later
// What arming does to a system besides reading it. Tests put functions of their own in place of each.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/error.h"
#include "common/process.h"
#include "initramfs/build/image.h"
#include "kdumpd/machine/host.h"
#include "kdumpd/prepare.h"
#include "kdumpd/target/proof.h"
#include "kexec/loader.h"

namespace kdump::service {

struct Effects {
  std::function<Result<uint64_t>()> check_reservation;
  std::function<Result<bool>()> loaded;
  std::function<kexec::LoadOutcome(const kexec::CrashImage&, const std::optional<kexec::CrashImage>&)> load;
  std::function<Status()> unload;
  std::function<Result<std::string>(const image::Request&, const std::string& directory)> why_rebuild;
  std::function<Result<image::Image>(const image::Request&, const std::string& directory)> build;
  std::function<Result<image::Image>(const image::Request&, const std::string& output)> build_file;
  Probes probes;
  std::function<Result<Proof>(const ResolvedTarget&, const std::vector<std::string>& collector)> prove;
  // Whether an ssh target lets us in.
  std::function<Status(const ResolvedTarget&)> log_in;
  // A program that talks to the administrator.
  std::function<Result<ExitState>(const std::vector<std::string>& argv)> run_on_terminal;
};

Effects real_effects(const Host& host, const Announce& announce);

}  // namespace kdump::service
