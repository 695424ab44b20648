// SPDX-License-Identifier: GPL-2.0-or-later
// A flattened stream of any records, read where it lies: it is the file that putting the records down one
// after the other makes, or both are errors.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "common/layout/flattened.h"
#include "makedumpfile/vmcore/flattened_source.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"

namespace {

constexpr uint64_t kMaxFile = uint64_t{64} << 10;

// The file that the records make; empty: none that is looked at here.
kdump::ByteVector put_down(kdump::Bytes stream) {
  kdump::ByteVector file;
  size_t place = kdump::flattened::kStartBlockSize;
  while (place + sizeof(kdump::flattened::RecordHeader) <= stream.size()) {
    kdump::flattened::RecordHeader record;
    std::memcpy(&record, stream.data() + place, sizeof record);
    place += sizeof record;
    const int64_t offset = record.offset, size = record.size;
    if (offset < 0 || size < 0) return file;
    if (static_cast<uint64_t>(offset) > kMaxFile || static_cast<uint64_t>(size) > stream.size() - place)
      return {};
    const auto begin = static_cast<size_t>(offset), bytes = static_cast<size_t>(size);
    file.resize(std::max(file.size(), begin + bytes));
    std::copy_n(stream.begin() + static_cast<ptrdiff_t>(place), bytes,
                file.begin() + static_cast<ptrdiff_t>(begin));
    place += bytes;
  }
  return {};
}

}  // namespace

// The input is what follows the start block, which is always sound.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  kdump::flattened::StartHeader header;
  std::memcpy(header.signature, kdump::flattened::kSignature, sizeof header.signature);
  header.type = kdump::flattened::kType;
  header.version = kdump::flattened::kVersion;
  const auto start = kdump::bytes_of(header);
  kdump::ByteVector stream(start.begin(), start.end());
  stream.resize(kdump::flattened::kStartBlockSize);
  const auto records = std::as_bytes(std::span(data, size));
  stream.insert(stream.end(), records.begin(), records.end());
  const kdump::ByteVector expected = put_down(stream);
  const auto source =
      kdump::FlattenedSource::index(std::make_unique<kdump::test::MemorySource>(std::move(stream)));
  if (!source || (*source)->size() > kMaxFile || expected.empty()) return 0;
  if ((*source)->size() != expected.size()) std::abort();
  kdump::ByteVector all(expected.size());
  if (!(*source)->read(0, all) || all != expected) std::abort();
  const size_t middle = all.size() / 3;
  const kdump::MutableBytes part = kdump::MutableBytes(all).first(all.size() - middle);
  if (!(*source)->read(middle, part) || !std::ranges::equal(part, kdump::Bytes(expected).subspan(middle)))
    std::abort();
  return 0;
}
