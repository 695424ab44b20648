// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/reassembler.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "common/layout/flattened.h"

namespace kdump {
namespace {

constexpr size_t kBufferBytes = size_t{64} << 10;  // as much as a pipe holds

// The stream with its position, for errors.
class Source {
 public:
  Source(const StreamReader& read, std::string_view name) : read_(read), name_(name) {}

  Status fill(MutableBytes out, std::string_view field) {
    const size_t got = TRY(read_(out));
    if (got < out.size()) {
      return corrupt(field, fmt::format("the stream ends after {} of {} bytes", got, out.size()));
    }
    offset_ += got;
    return {};
  }

  // `size` bytes were passed over by whoever reads.
  void skipped(uint64_t size) { offset_ += size; }

  Status count_empty(bool empty) {
    empty_records_ = empty ? empty_records_ + 1 : 0;
    if (empty_records_ <= flattened::kMaxEmptyRecords) return {};
    return corrupt("record", fmt::format("more than {} records without data (is the copy complete?)",
                                         flattened::kMaxEmptyRecords));
  }

  template <typename T>
  Result<T> read(std::string_view field) {
    T value{};
    TRY(fill(mutable_bytes_of(value), field));
    return value;
  }

  [[nodiscard]] Failure corrupt(std::string_view field, std::string_view what) const {
    return fail(ErrorKind::corrupt, "{}: offset {:#x}: {}: {}", name_, offset_, field, what);
  }

 private:
  const StreamReader& read_;
  std::string_view name_;
  uint64_t offset_ = 0;
  uint64_t empty_records_ = 0;  // the last ones
};

struct Record {
  uint64_t offset;
  uint64_t size;
  bool end;
};

Status read_start(Source& source) {
  const auto header = TRY(source.read<flattened::StartHeader>("start header"));
  if (std::memcmp(header.signature, flattened::kSignature, sizeof header.signature) != 0) {
    return source.corrupt("start header", "no makedumpfile signature, this is no flattened stream");
  }
  if (header.type != flattened::kType || header.version != flattened::kVersion) {
    return source.corrupt("start header",
                          fmt::format("type {}, version {}, expected {} and {}", int64_t{header.type},
                                      int64_t{header.version}, flattened::kType, flattened::kVersion));
  }
  std::byte rest[flattened::kStartBlockSize - sizeof header];
  return source.fill(rest, "start block");
}

Result<Record> read_record(Source& source) {
  const auto header = TRY(source.read<flattened::RecordHeader>("record header"));
  const int64_t offset = header.offset;
  const int64_t size = header.size;
  if (offset == flattened::kEndMark && size == flattened::kEndMark) return Record{0, 0, true};
  if (offset < 0 || size < 0 || size > std::numeric_limits<int64_t>::max() - offset) {
    return source.corrupt("record", fmt::format("impossible offset {} and size {}", offset, size));
  }
  TRY(source.count_empty(size == 0));
  return Record{static_cast<uint64_t>(offset), static_cast<uint64_t>(size), false};
}

Status copy_record(Source& source, const Record& record, MutableBytes buffer, RandomAccess& sink) {
  for (uint64_t done = 0; done < record.size;) {
    const MutableBytes part = buffer.first(std::min<uint64_t>(buffer.size(), record.size - done));
    TRY(source.fill(part, "record data"));
    TRY(sink.write_at(record.offset + done, part));
    done += part.size();
  }
  return {};
}

}  // namespace

Result<uint64_t> reassemble(const StreamReader& read, std::string_view source, RandomAccess& sink) {
  Source stream(read, source);
  TRY(read_start(stream));
  ByteVector buffer(kBufferBytes);
  uint64_t size = 0;
  while (true) {
    const Record record = TRY(read_record(stream));
    if (record.end) return size;
    TRY(copy_record(stream, record, buffer, sink));
    size = std::max(size, record.offset + record.size);
  }
}

Result<FlattenedExtent> measure_flattened(const PositionedReader& read_at, std::string_view source) {
  uint64_t position = 0;
  const StreamReader read = [&](MutableBytes out) -> Result<size_t> {
    const size_t got = TRY(read_at(position, out));
    position += got;
    return got;
  };
  Source stream(read, source);
  TRY(read_start(stream));
  FlattenedExtent extent;
  while (true) {
    const Record record = TRY(read_record(stream));
    extent.stream_bytes = position;
    if (record.end) return extent;
    if (record.size > std::numeric_limits<int64_t>::max() - position)
      return stream.corrupt("record", fmt::format("impossible size {}", record.size));
    extent.file_bytes = std::max(extent.file_bytes, record.offset + record.size);
    position += record.size;
    stream.skipped(record.size);
  }
}

}  // namespace kdump
