// SPDX-License-Identifier: GPL-2.0-or-later
// What one run of the worker does, by its mode.
#pragma once

#include "common/error.h"
#include "initramfs/plan/protocol.h"
#include "initramfs/worker/channel.h"

namespace kdump::worker {

// Does what the request asks for and reports each file; the last event (done, failed) is the caller's.
Status serve(const protocol::Request& request, Channel& channel);

// The last `count` lines of a text.
std::string_view last_lines(std::string_view text, size_t count);

}  // namespace kdump::worker
