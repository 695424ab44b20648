// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/byte_source.h"

namespace kdump {

Status FileSource::read(uint64_t offset, MutableBytes out) const {
  const auto got = pread_up_to(fd_.get(), out, offset);
  if (!got) return with_context(Status(std::unexpected(got.error())), "{}: offset {:#x}", name_, offset);
  if (*got == out.size()) return {};
  return fail(ErrorKind::corrupt, "{}: offset {:#x}: the file ends at {:#x} (is the copy complete?)", name_,
              offset, offset + *got);
}

Result<ByteVector> read_region(const ByteSource& source, uint64_t offset, uint64_t size,
                               std::string_view field) {
  if (offset > source.size() || size > source.size() - offset) {
    return fail(ErrorKind::corrupt, "{}: offset {:#x}: {}: needs {} bytes, the file ends at {:#x}",
                source.name(), offset, field, size, source.size());
  }
  ByteVector region(static_cast<size_t>(size));
  TRY(with_context(source.read(offset, region), "{}", field));
  return region;
}

}  // namespace kdump
