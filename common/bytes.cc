// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/bytes.h"

#include <cstring>

namespace kdump {

bool all_zero(Bytes bytes) {
  // Bytes that start with zeros and equal themselves shifted by as many are all zero, and memcmp is the
  // vectorised loop. Most pages differ in their first words, so those are looked at before the call.
  constexpr size_t kProbe = 16;
  const size_t head = bytes.size() < kProbe ? bytes.size() : kProbe;
  for (size_t i = 0; i < head; ++i) {
    if (bytes[i] != std::byte{0}) return false;
  }
  if (bytes.size() <= kProbe) return true;
  return std::memcmp(bytes.data(), bytes.data() + kProbe, bytes.size() - kProbe) == 0;
}

}  // namespace kdump
