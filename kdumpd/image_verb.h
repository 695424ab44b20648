// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>

#include "kdumpd/arm.h"

namespace kdump::service {

// `image build --output FILE [--root DIR]`: the image builder's debugging face.
int run_image(const Context& context, std::span<char* const> arguments);

}  // namespace kdump::service
