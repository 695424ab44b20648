// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/flattened_source.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <queue>

#include "common/layout/flattened.h"

namespace kdump {
namespace {

// 192 MiB of extents: the incumbent's stream of a dump of 240 GB.
constexpr size_t kMaxExtents = size_t{1} << 23;

template <typename... Args>
Failure bad(const ByteSource& stream, uint64_t offset, std::string_view field,
            fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorKind::corrupt, "{}: offset {:#x}: {}: {}", stream.name(), offset, field,
              fmt::format(format, std::forward<Args>(args)...));
}

// Reads the records' headers one after the other, a block of the stream at a time: records may be tiny.
class HeaderReader {
 public:
  explicit HeaderReader(const ByteSource& stream) : stream_(stream) {}

  // At `place`, which has room for it.
  Result<flattened::RecordHeader> read(uint64_t place) {
    flattened::RecordHeader record;
    if (place < begin_ || place + sizeof record > begin_ + size_) TRY(fill(place));
    std::memcpy(&record, block_ + (place - begin_), sizeof record);
    return record;
  }

 private:
  Status fill(uint64_t place) {
    begin_ = place;
    size_ = std::min<uint64_t>(sizeof block_, stream_.size() - place);
    return stream_.read(place, MutableBytes(block_).first(size_));
  }

  const ByteSource& stream_;
  uint64_t begin_ = 0, size_ = 0;
  std::byte block_[4096] = {};
};

}  // namespace

bool is_flattened(Bytes start) {
  return start.size() >= sizeof flattened::kSignature &&
         std::memcmp(start.data(), flattened::kSignature, sizeof flattened::kSignature) == 0;
}

Result<std::unique_ptr<FlattenedSource>> FlattenedSource::index(std::unique_ptr<ByteSource> stream) {
  std::unique_ptr<FlattenedSource> source(new FlattenedSource(std::move(stream)));
  TRY(source->check_start());
  TRY(source->read_records());
  source->settle_overlaps();
  return source;
}

Status FlattenedSource::check_start() const {
  flattened::StartHeader header{};
  if (stream_->size() < flattened::kStartBlockSize) {
    return bad(*stream_, 0, "start block", "{} bytes, expected {}", stream_->size(),
               flattened::kStartBlockSize);
  }
  TRY(stream_->read(0, mutable_bytes_of(header)));
  if (!is_flattened(bytes_of(header))) return bad(*stream_, 0, "signature", "this is no flattened stream");
  if (header.type == flattened::kType && header.version == flattened::kVersion) return {};
  return bad(*stream_, sizeof header.signature, "type, version", "{} and {}, expected {} and {}",
             int64_t{header.type}, int64_t{header.version}, flattened::kType, flattened::kVersion);
}

Status FlattenedSource::read_records() {
  HeaderReader reader(*stream_);
  uint64_t place = flattened::kStartBlockSize, empty = 0;
  while (true) {
    const uint64_t left = stream_->size() - place;
    if (left < sizeof(flattened::RecordHeader)) {
      return bad(*stream_, place, "record header",
                 "the stream ends at {:#x} without an end record (is the copy complete?)", stream_->size());
    }
    const flattened::RecordHeader record = TRY(reader.read(place));
    const int64_t target = record.offset, size = record.size;
    if (target == flattened::kEndMark && size == flattened::kEndMark) return {};
    if (target < 0 || size < 0 || size > std::numeric_limits<int64_t>::max() - target)
      return bad(*stream_, place, "record", "impossible offset {} and size {}", target, size);
    const auto begin = static_cast<uint64_t>(target), bytes = static_cast<uint64_t>(size);
    if (bytes > left - sizeof record) {
      return bad(*stream_, place, "record",
                 "{} bytes of data, the stream ends at {:#x} (is the copy complete?)", bytes,
                 stream_->size());
    }
    empty = bytes == 0 ? empty + 1 : 0;
    if (empty > flattened::kMaxEmptyRecords) {
      return bad(*stream_, place, "record", "more than {} records without data (is the copy complete?)",
                 flattened::kMaxEmptyRecords);
    }
    place += sizeof record;
    if (bytes != 0) extents_.push_back({begin, begin + bytes, place});
    place += bytes;
    size_ = std::max(size_, begin + bytes);
    if (extents_.size() <= kMaxExtents) continue;
    return fail(ErrorKind::unsupported,
                "{}: more than {} records: rearrange the stream first: makedumpfile -R DUMPFILE < STREAM",
                name(), kMaxExtents);
  }
}

void FlattenedSource::settle_overlaps() {
  std::ranges::sort(extents_, {}, [](const Extent& e) { return std::pair(e.begin, e.place); });
  const auto overlap = [](const Extent& a, const Extent& b) { return b.begin < a.end; };
  if (std::ranges::adjacent_find(extents_, overlap) == extents_.end()) return;
  // A sweep: of all records over a place the one that came last, which is the farthest in the stream.
  const auto came_before = [](const Extent& a, const Extent& b) { return a.place < b.place; };
  std::priority_queue<Extent, std::vector<Extent>, decltype(came_before)> over(came_before);
  std::vector<Extent> settled;
  uint64_t position = 0;
  for (auto next = extents_.begin(); next != extents_.end() || !over.empty();) {
    if (over.empty()) position = next->begin;
    while (next != extents_.end() && next->begin <= position) over.push(*next++);
    while (!over.empty() && over.top().end <= position) over.pop();
    if (over.empty()) continue;
    const Extent& top = over.top();
    const uint64_t end = next == extents_.end() ? top.end : std::min(top.end, next->begin);
    const uint64_t place = top.place + (position - top.begin);
    const bool follows = !settled.empty() && settled.back().end == position &&
                         settled.back().place + (position - settled.back().begin) == place;
    if (follows) {
      settled.back().end = end;
    } else {
      settled.push_back({position, end, place});
    }
    position = end;
  }
  extents_ = std::move(settled);
}

Status FlattenedSource::read(uint64_t offset, MutableBytes out) const {
  if (offset > size_ || out.size() > size_ - offset) {
    return fail(ErrorKind::corrupt, "{}: offset {:#x}: the file in the stream ends at {:#x}", name(),
                std::max(offset, size_), size_);
  }
  auto next = std::ranges::upper_bound(extents_, offset, {}, &Extent::end);
  while (!out.empty()) {
    const bool inside = next != extents_.end() && next->begin <= offset;
    const uint64_t hole_end = next == extents_.end() ? size_ : next->begin;
    const uint64_t end = inside ? next->end : hole_end;
    const size_t step = std::min<uint64_t>(out.size(), end - offset);
    if (inside) {
      TRY(stream_->read(next->place + (offset - next->begin), out.first(step)));
      if (offset + step == next->end) ++next;
    } else {
      std::memset(out.data(), 0, step);
    }
    out = out.subspan(step);
    offset += step;
  }
  return {};
}

}  // namespace kdump
