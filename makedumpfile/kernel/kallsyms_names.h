// SPDX-License-Identifier: GPL-2.0-or-later
// kallsyms_names, read front to back in chunks: its layout is in kallsyms.h.
#pragma once

#include "common/bytes.h"
#include "common/error.h"
#include "makedumpfile/arch/address_space.h"

namespace kdump {

class KallsymsNames {
 public:
  // `reader` must outlive it.
  KallsymsNames(VirtualReader& reader, VirtAddr names) : reader_(&reader), start_(names), next_(names) {}

  // How many tokens the next symbol's name has; as many bytes follow.
  Result<size_t> length();
  Result<std::byte> byte();
  // How far the next byte is from the start, bytes.
  [[nodiscard]] uint64_t offset() const { return next_ - start_ - (chunk_.size() - at_); }

 private:
  Status refill();

  VirtualReader* reader_;
  VirtAddr start_, next_;
  ByteVector chunk_;
  size_t at_ = 0;
};

}  // namespace kdump
