// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "common/bytes.h"

namespace kdump {

// Base64 of RFC 4648 4 with its padding and nothing between; nothing where it is not that.
std::optional<ByteVector> decode_base64(std::string_view text);
// Without padding, as fingerprints are written.
std::string encode_base64_unpadded(Bytes data);

}  // namespace kdump
