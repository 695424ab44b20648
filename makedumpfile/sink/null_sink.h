// SPDX-License-Identifier: GPL-2.0-or-later
// Takes everything, keeps nothing: what --dry-run writes to.
#pragma once

#include "makedumpfile/sink/sink.h"

namespace kdump {

class NullSink : public RandomAccess {
 public:
  Status write_at(uint64_t /*offset*/, Bytes /*data*/) override { return {}; }
  Status finish() override { return {}; }
};

}  // namespace kdump
