// SPDX-License-Identifier: GPL-2.0-or-later
// A file opened for whoever reads dumps in it, below open_vmcore().
#pragma once

#include "makedumpfile/vmcore/byte_source.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

// The file's bytes, or those of the file that it is the flattened stream of; "-" and pipes as open_vmcore
// takes them. `flattened`, unless nullptr, is told which.
Result<std::unique_ptr<ByteSource>> open_dump_source(const std::string& path, const OpenOptions& options = {},
                                                     bool* flattened = nullptr);

// Whether the bytes begin with `signature`.
Result<bool> starts_with(const ByteSource& source, std::string_view signature);

}  // namespace kdump
