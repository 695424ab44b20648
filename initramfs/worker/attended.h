// SPDX-License-Identifier: GPL-2.0-or-later
// Sinks on servers as kdump-capture wants to see them: it hears of each piece that went out, so that only a
// server which takes nothing at all is taken for one that hangs.
#pragma once

#include <memory>

#include "initramfs/worker/channel.h"
#include "makedumpfile/sink/sink.h"

namespace kdump::worker {

std::unique_ptr<RandomAccess> attended(std::unique_ptr<RandomAccess> place, Channel& channel);
std::unique_ptr<Stream> attended(std::unique_ptr<Stream> stream, Channel& channel);

}  // namespace kdump::worker
