// SPDX-License-Identifier: GPL-2.0-or-later
// The file that a flattened stream stands for (common/layout/flattened.h), read where it is: the records are
// looked at once, and where each stretch of the file lies in the stream is kept. Of records that continue
// each other only the first one's place is, so that the index stays small: to read, the headers behind it are
// followed. Stretches that no record has are zeros; where records overlap the later one holds (makedumpfile
// -E -F writes its note header twice).
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
  // [begin, end) of the file. It lies at `place` of the stream, or, for a run, in the record whose header is
  // there and in those behind it that begin where the one before them ended.
  struct Extent {
    uint64_t begin, end, place;
    bool is_run;
  };
  class Indexer;

  explicit FlattenedSource(std::unique_ptr<ByteSource> stream) : stream_(std::move(stream)) {}
  Status check_start() const;
  Status read_records();
  // Makes extents_ disjoint and ascending.
  Status settle_overlaps();
  // Replaces runs that overlap others by their records.
  Status take_overlapping_runs_apart();
  void sweep();
  // Calls visit(begin, bytes, place) for each record of a run until that is false or an error.
  template <typename Visit>
  Status walk(const Extent& run, const Visit& visit) const;
  Status read_run(const Extent& run, uint64_t offset, MutableBytes out) const;
  [[nodiscard]] Failure too_many() const;

  std::unique_ptr<ByteSource> stream_;
  std::vector<Extent> extents_;
  uint64_t size_ = 0;
};

}  // namespace kdump
