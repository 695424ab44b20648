// SPDX-License-Identifier: GPL-2.0-or-later
// Walks through memory that may be damaged.
#pragma once

#include <cstdint>

#include "common/units.h"

namespace kdump {

// Notices that a walk comes by an address again (Brent's algorithm): no memory, whatever its length.
class CircleWatch {
 public:
  // Whether `addr` is where the walk was before; found out a while later.
  bool comes_again(VirtAddr addr) {
    if (addr == mark_) return true;
    if (++steps_ == lap_) {
      mark_ = addr;
      steps_ = 0;
      lap_ *= 2;
    }
    return false;
  }

 private:
  VirtAddr mark_;
  uint64_t steps_ = 0;
  uint64_t lap_ = 1;
};

}  // namespace kdump
