// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <cstdlib>

#include "kexec/image_type.h"

// The first bytes of a file that is called a kernel: bzImage, PE and the magics of the others.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const kdump::Bytes head = std::as_bytes(std::span(data, size));
  for (const char* machine : {"x86_64", "aarch64"}) {
    const auto facts = kdump::kexec::identify_image(head, size, {machine, true});
    if (facts && (facts->memory == 0 || facts->max_command_line == 0)) std::abort();
    if (!facts && facts.error().message().find('\n') != std::string::npos) std::abort();
  }
  return 0;
}
