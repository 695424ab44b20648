// SPDX-License-Identifier: GPL-2.0-or-later
// Both configuration files, read and checked.
#pragma once

#include "conf/config.h"
#include "conf/sysconfig.h"
#include "kdumpd/machine/host.h"
#include "kdumpd/machine/problems.h"

namespace kdump::service {

struct Settings {
  conf::Config config;
  conf::Sysconfig sysconfig;
};

// kdump.conf has to exist. Every fault of both files goes to `problems`.
Settings read_settings(const Host& host, Problems& problems);

// /etc/sysconfig/kdump alone.
conf::Sysconfig read_sysconfig_settings(const Host& host, Problems& problems);

}  // namespace kdump::service
