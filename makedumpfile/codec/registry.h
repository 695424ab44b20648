// SPDX-License-Identifier: GPL-2.0-or-later
// What each codec's file gives to the registry.
#pragma once

#include <memory>

#include "makedumpfile/codec/codec.h"

namespace kdump {

std::unique_ptr<Codec> create_none_codec();
std::unique_ptr<Codec> create_zlib_codec();
std::unique_ptr<Codec> create_lzo_codec();
std::unique_ptr<Codec> create_snappy_codec();
std::unique_ptr<Codec> create_zstd_codec();

}  // namespace kdump
