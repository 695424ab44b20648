// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/flattened_source.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <queue>

#include "common/layout/flattened.h"

namespace kdump {
namespace {

// 2 MiB of extents, and four times that for a moment where they overlap. The incumbent's stream of a dump
// of 240 GB has eight million records of two kinds, descriptors and data, in turn.
constexpr size_t kMaxExtents = size_t{1} << 16;
constexpr uint64_t kRecordsOfRun = 256;  // in the stream, those of others among them
constexpr size_t kOpenRuns = 4;

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

// Takes the records in their order, and has the extents.
class FlattenedSource::Indexer {
 public:
  explicit Indexer(std::vector<Extent>& extents) : extents_(extents) {}

  // `place`: of its data.
  void take(uint64_t begin, uint64_t bytes, uint64_t place) {
    ++records_;
    if (bytes == 0) return;
    bool continues = false;
    for (const OpenRun& run : open_) {
      if (run.first == 0 || records_ - run.first >= kRecordsOfRun) continue;
      Extent& extent = extents_[run.extent];
      if (extent.end != begin) continue;
      if (!extent.is_run) extent.place -= sizeof(flattened::RecordHeader);
      extent.is_run = true;
      extent.end += bytes;
      continues = true;
    }
    if (continues) return;
    open_[next_++ % kOpenRuns] = {extents_.size(), records_};
    extents_.push_back({begin, begin + bytes, place, false});
  }

 private:
  struct OpenRun {
    size_t extent;
    uint64_t first;  // the number of its first record, 0: none
  };

  std::vector<Extent>& extents_;
  OpenRun open_[kOpenRuns] = {};
  size_t next_ = 0;  // of open_, to begin anew
  uint64_t records_ = 0;
};

Result<std::unique_ptr<FlattenedSource>> FlattenedSource::index(std::unique_ptr<ByteSource> stream) {
  std::unique_ptr<FlattenedSource> source(new FlattenedSource(std::move(stream)));
  TRY(source->check_start());
  TRY(source->read_records());
  TRY(source->settle_overlaps());
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
  Indexer indexer(extents_);
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
    indexer.take(begin, bytes, place);
    place += bytes;
    size_ = std::max(size_, begin + bytes);
    if (extents_.size() > kMaxExtents) return too_many();
  }
}

Failure FlattenedSource::too_many() const {
  return fail(ErrorKind::unsupported,
              "{}: its records make more than {} stretches of the file: rearrange the stream first: "
              "makedumpfile -R DUMPFILE < STREAM",
              name(), kMaxExtents);
}

template <typename Visit>
Status FlattenedSource::walk(const Extent& run, const Visit& visit) const {
  HeaderReader reader(*stream_);
  uint64_t position = run.begin, place = run.place;
  while (position < run.end) {
    // As they were when the stream was indexed, unless somebody writes to it.
    if (stream_->size() - place < sizeof(flattened::RecordHeader))
      return bad(*stream_, place, "record header", "not what it was: the stream has changed");
    const flattened::RecordHeader record = TRY(reader.read(place));
    const auto begin = static_cast<uint64_t>(int64_t{record.offset}),
               bytes = static_cast<uint64_t>(int64_t{record.size});
    place += sizeof record;
    if (bytes > stream_->size() - place)
      return bad(*stream_, place, "record", "not what it was: the stream has changed");
    if (begin == position && bytes != 0) {
      if (!TRY(visit(begin, bytes, place))) return {};
      position += bytes;
    }
    place += bytes;
  }
  return {};
}

Status FlattenedSource::settle_overlaps() {
  const auto by_place = [](const Extent& a, const Extent& b) {
    return std::pair(a.begin, a.place) < std::pair(b.begin, b.place);
  };
  const auto overlap = [](const Extent& a, const Extent& b) { return b.begin < a.end; };
  std::ranges::sort(extents_, by_place);
  if (std::ranges::adjacent_find(extents_, overlap) == extents_.end()) return {};
  TRY(take_overlapping_runs_apart());
  std::ranges::sort(extents_, by_place);
  sweep();
  return {};
}

// The extents are sorted. One overlaps the next, or one of those before it.
Status FlattenedSource::take_overlapping_runs_apart() {
  const size_t count = extents_.size();
  uint64_t covered = 0;
  for (size_t i = 0; i < count; ++i) {
    const Extent run = extents_[i];
    const bool overlaps = run.begin < covered || (i + 1 < count && extents_[i + 1].begin < run.end);
    covered = std::max(covered, run.end);
    if (!run.is_run || !overlaps) continue;
    const auto add = [&](uint64_t begin, uint64_t bytes, uint64_t place) -> Result<bool> {
      const Extent record{begin, begin + bytes, place, false};
      if (begin != run.begin) {
        extents_.push_back(record);
      } else {
        extents_[i] = record;
      }
      if (extents_.size() > kMaxExtents) return too_many();
      return true;
    };
    TRY(walk(run, add));
  }
  return {};
}

void FlattenedSource::sweep() {
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
    const bool follows = !settled.empty() && settled.back().end == position && !settled.back().is_run &&
                         !top.is_run && settled.back().place + (position - settled.back().begin) == place;
    if (follows) {
      settled.back().end = end;
    } else {
      settled.push_back({position, end, place, top.is_run});
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
    if (inside && next->is_run) {
      TRY(read_run(*next, offset, out.first(step)));
    } else if (inside) {
      TRY(stream_->read(next->place + (offset - next->begin), out.first(step)));
    } else {
      std::memset(out.data(), 0, step);
    }
    if (offset + step == end && inside) ++next;
    out = out.subspan(step);
    offset += step;
  }
  return {};
}

Status FlattenedSource::read_run(const Extent& run, uint64_t offset, MutableBytes out) const {
  const auto copy = [&](uint64_t begin, uint64_t bytes, uint64_t place) -> Result<bool> {
    if (offset >= begin + bytes) return true;
    const size_t part = std::min<uint64_t>(out.size(), begin + bytes - offset);
    TRY(stream_->read(place + (offset - begin), out.first(part)));
    out = out.subspan(part);
    offset += part;
    return !out.empty();
  };
  return walk(run, copy);
}

}  // namespace kdump
