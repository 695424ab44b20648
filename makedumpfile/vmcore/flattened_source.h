// SPDX-License-Identifier: GPL-2.0-or-later
// The file that a flattened stream stands for (common/layout/flattened.h), read where it is: the records are
// looked at once, and where each stretch of the file lies in the stream is kept. Stretches that no record has
// are zeros; where records overlap the later one holds (makedumpfile -E -F writes its note header twice).
#pragma once

#include <memory>
#include <vector>

#include "makedumpfile/vmcore/byte_source.h"

namespace kdump {

// Whether the file begins as a flattened stream does.
bool is_flattened(Bytes start);

class FlattenedSource final : public ByteSource {
 public:
  // Reads the headers of all records of `stream` up to the end record; what lies behind is none of ours.
  // Errors name the offset in the stream: ErrorKind::corrupt for one that ends too early or has impossible
  // records, ErrorKind::unsupported for more stretches than are kept in memory.
  static Result<std::unique_ptr<FlattenedSource>> index(std::unique_ptr<ByteSource> stream);

  [[nodiscard]] const std::string& name() const override { return stream_->name(); }
  [[nodiscard]] uint64_t size() const override { return size_; }
  Status read(uint64_t offset, MutableBytes out) const override;

 private:
  // [begin, end) of the file lies at `place` of the stream.
  struct Extent {
    uint64_t begin, end, place;
  };

  explicit FlattenedSource(std::unique_ptr<ByteSource> stream) : stream_(std::move(stream)) {}
  Status read_records();
  Status check_start() const;
  // Makes extents_, which are records, disjoint and ascending.
  void settle_overlaps();

  std::unique_ptr<ByteSource> stream_;
  std::vector<Extent> extents_;
  uint64_t size_ = 0;
};

}  // namespace kdump
