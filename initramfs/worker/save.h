// SPDX-License-Identifier: GPL-2.0-or-later
// What one run of the worker does, by its mode.
#pragma once

#include <span>
#include <string_view>

#include "common/error.h"
#include "initramfs/plan/protocol.h"
#include "initramfs/plan/way.h"
#include "initramfs/worker/place.h"

namespace kdump::worker {

// A way to a target that this program knows.
struct Route {
  plan::Way way;
  OpenPlace open;
};

// Does what the request asks for and reports each file; the last event (done, failed) is the caller's.
// `server`: the routes besides those that every worker knows.
Status serve(const protocol::Request& request, std::span<const Route> server, Channel& channel);

// The last `count` lines of a text.
std::string_view last_lines(std::string_view text, size_t count);

}  // namespace kdump::worker
