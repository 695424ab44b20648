// SPDX-License-Identifier: GPL-2.0-or-later
// makedumpfile -R: the file that a flattened stream stands for.
#pragma once

#include <string>

#include "common/error.h"

namespace kdump {

struct RearrangeReport {
  uint64_t bytes = 0;              // size of the file
  bool marked_incomplete = false;  // by the program that wrote the stream
};

// The file that the flattened stream on `input_fd` stands for, into `output` as write_dump has it. A
// kdump-compressed file whose header contradicts itself or the file's size is an error.
Result<RearrangeReport> rearrange_dump(int input_fd, const std::string& output, bool overwrite);

}  // namespace kdump
