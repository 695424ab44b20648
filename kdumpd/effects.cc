// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/effects.h"

#include <unistd.h>

#include "kdumpd/collector.h"
#include "kdumpd/machine/reservation.h"
#include "kdumpd/network/addresses.h"
#include "kdumpd/target/patience.h"
#include "kdumpd/target/remote_proof.h"

namespace kdump::service {

namespace {

Result<ExitState> run_on_terminal(const std::vector<std::string>& argv) {
  Child child = TRY(spawn({.argv = argv, .environment = {}, .stdin_fd = STDIN_FILENO}));
  return child.wait();
}

}  // namespace

Effects real_effects(const Host& host, const Announce& announce) {
  const kexec::SystemRoot root{host.root()};
  Effects effects{
      .check_reservation = [host] { return check_reservation(host); },
      .loaded = [root] { return kexec::crash_image_loaded(root); },
      .load =
          [root](const kexec::CrashImage& wanted, const std::optional<kexec::CrashImage>& previous) {
            return kexec::load_crash_image(wanted, previous, root);
          },
      .unload = [root] { return kexec::unload_crash_image(root); },
      .why_rebuild = image::why_rebuild,
      .build = image::build,
      .build_file = image::build_file,
      .probes = {.check_collector = check_collector,
                 .addresses = usable_addresses,
                 .reach_export = reach_export,
                 .discover_network = discover_network},
      .prove = prove_target,
      .log_in = [](const ResolvedTarget& target) { return reach_login(target.target, target.private_key); },
      .run_on_terminal = run_on_terminal,
  };
  make_patient(effects.probes, effects.prove, announce, patience_of(host));
  return effects;
}

}  // namespace kdump::service
