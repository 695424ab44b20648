// SPDX-License-Identifier: GPL-2.0-or-later
// THE STEP LIST of arming a machine. The caller holds the lock.
#pragma once

#include "kdumpd/effects.h"
#include "kdumpd/machine/host.h"
#include "kdumpd/service_status.h"

namespace kdump::service {

struct Context {
  Host host;
  Effects effects;
  Announce announce;
};

enum class When {
  not_loaded,  // `start`: leaves alone what is loaded
  changed,     // the service starting again: loads when what is loaded is not what it would load
  always,      // `restart`
};

// Reads the configuration, tries the targets, builds the image when needed, loads it, checks that it is
// loaded, writes the status. What was loaded before stays loaded until the new image takes its place, and on
// every error. The machine is as wanted when the status has no errors.
ServiceStatus arm(const Context& context, When when);

// `reload`: loads the image there is; kdump.conf is not read, nothing is built.
ServiceStatus reload(const Context& context);

// `rebuild`: builds the image and does not load it.
ServiceStatus rebuild(const Context& context);

// `stop`.
ServiceStatus disarm(const Context& context);

}  // namespace kdump::service
