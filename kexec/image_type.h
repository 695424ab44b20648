// SPDX-License-Identifier: GPL-2.0-or-later
// What a kernel image is, told from its first bytes, so that a file kexec_file_load(2) would refuse is named
// before the call that disarms. Looking has no side effects.
#pragma once

#include <cstdint>
#include <string>

#include "common/bytes.h"
#include "common/error.h"
#include "kexec/setup_header.h"

namespace kdump::kexec {

// Enough of a file for identify_image.
inline constexpr size_t kImageHeadSize = 65536;

// What the loader has to know of an image it can load.
struct ImageFacts {
  std::string type;               // "x86 bzImage"
  uint64_t memory = 0;            // bytes the kernel occupies once unpacked
  uint64_t alignment = 1;         // of its start
  uint64_t max_command_line = 0;  // including the NUL, elfcorehdr= already taken off
  bool has_certificates = false;  // a signature is inside; nobody has verified it
  std::string details;            // for the trace
};

struct Host {
  std::string machine;  // as uname has it
  bool five_level_paging;
};

// `head` is the start of the file, `file_size` its length. The error says what the file is instead, and what
// to give.
Result<ImageFacts> identify_image(Bytes head, uint64_t file_size, const Host& host);

// The setup header, or an error when the file is too short for one; its magic is not looked at.
Result<SetupHeader> read_setup_header(Bytes head);

}  // namespace kdump::kexec
