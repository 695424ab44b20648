// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/vmcore/notes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  for (const bool big_endian : {false, true}) {
    const auto notes =
        kdump::Notes::parse(kdump::ByteVector(bytes.begin(), bytes.end()), big_endian, "notes");
    if (notes.raw().size() != size) std::abort();
    const std::string_view text = notes.vmcoreinfo();
    if (!text.empty() && text.data() != kdump::text_of(notes.raw()).data() + notes.vmcoreinfo_offset())
      std::abort();
  }
  return 0;
}
