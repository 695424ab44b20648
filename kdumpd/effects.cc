// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/effects.h"

#include "kdumpd/addresses.h"
#include "kdumpd/collector.h"
#include "kdumpd/remote_proof.h"
#include "kdumpd/reservation.h"

namespace kdump::service {

Effects real_effects(const Host& host) {
  const kexec::SystemRoot root{host.root()};
  return {
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
                 .addresses = resolve_host,
                 .reach_export = reach_export,
                 .discover_network = discover_network},
      .prove = prove_target,
  };
}

}  // namespace kdump::service
