// SPDX-License-Identifier: GPL-2.0-or-later
// Makes a place that can be written anywhere from a stream: each write becomes a record of makedumpfile's
// flattened format (common/layout/flattened.h). Readers index the records, so no byte may be written twice.
#pragma once

#include "makedumpfile/sink/sink.h"

namespace kdump {

class Flattener : public RandomAccess {
 public:
  // `stream` must outlive this.
  explicit Flattener(Stream& stream) : stream_(stream) {}

  // The start block goes out with the first record.
  Status write_at(uint64_t offset, Bytes data) override;
  [[nodiscard]] bool rewritable() const override { return false; }
  Status restart() override;
  // The end record.
  Status finish() override;

 private:
  Status start();

  Stream& stream_;
  bool started_ = false;
};

}  // namespace kdump
