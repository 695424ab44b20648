// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "common/bytes.h"
#include "common/error.h"

namespace kdump::image {

// 64 lower-case hexadecimal digits.
Result<std::string> sha256(Bytes data);

}  // namespace kdump::image
