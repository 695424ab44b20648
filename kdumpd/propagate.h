// SPDX-License-Identifier: GPL-2.0-or-later
// `kdumpctl propagate`: the servers of kdump.conf let this system in by its key.
#pragma once

#include <span>

#include "conf/config.h"
#include "kdumpd/arm.h"

namespace kdump::service {

// For each ssh target: makes its key when there is none (Ed25519), has ssh-copy-id install it, which asks for
// the password and, of a server that is not known yet, whether its host key is right; then logs in as the
// capture kernel will. Where that works already nothing is installed. False when a server does not let us in.
bool propagate(const Context& context, const conf::Config& config);

int run_propagate(const Context& context, std::span<char* const> arguments);

}  // namespace kdump::service
