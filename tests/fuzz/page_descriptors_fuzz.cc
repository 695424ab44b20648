// SPDX-License-Identifier: GPL-2.0-or-later
// Kdump-compressed files: headers, bitmaps, page descriptors and pages of a sound file that the input
// changes, as a file of its own and as one of the two of a split dump.
#include <array>
#include <cstdint>
#include <cstdlib>

#include "makedumpfile/vmcore/kdump_file.h"
#include "makedumpfile/vmcore/split_set.h"
#include "tests/fuzz/patched.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/kdump_builder.h"

namespace {

using namespace kdump;
using namespace kdump::test;

constexpr CodecId kCodecs[] = {CodecId::none, CodecId::zlib, CodecId::lzo, CodecId::snappy, CodecId::zstd};
constexpr uint64_t kMaxPages = 64;  // that are read of a file
// Files by number: one of each codec, one of the other byte order, one with a single bitmap, two parts.
constexpr size_t kFiles = std::size(kCodecs) + 4;
constexpr size_t kFirstPart = kFiles - 2, kWholeFile = 0x80;

template <typename E>
ByteVector build(size_t file) {
  KdumpBuilder<E> builder;
  builder.codec = kCodecs[file % std::size(kCodecs)];
  builder.notes = note_bytes("VMCOREINFO", 0, bytes_of(std::string_view("OSRELEASE=6.1.0\nPAGESIZE=4096\n")));
  builder.one_bitmap = file == std::size(kCodecs) + 1;
  for (uint64_t pfn = 2; pfn < 12; ++pfn) builder.add(pfn, static_cast<char>('a' + pfn));
  builder.add_excluded(12);
  builder.add_lost(13);
  if (file >= kFirstPart) builder.split(file == kFirstPart ? 0 : 8, file == kFirstPart ? 8 : 64);
  return builder.build();
}

const ByteVector& sound_file(size_t file) {
  static std::array<ByteVector, kFiles> files;
  if (files[file].empty()) files[file] = file == std::size(kCodecs) ? build<Big>(file) : build<Little>(file);
  return files[file];
}

Result<std::unique_ptr<KdumpFile>> open(ByteVector bytes, const char* name) {
  return KdumpFile::open(std::make_unique<MemorySource>(std::move(bytes), name));
}

void read_pages(const Vmcore& core) {
  ByteVector page(4096);
  uint64_t left = kMaxPages;
  for (const MemorySegment& segment : core.memory_map().segments()) {
    if (segment.range.empty()) std::abort();
    const PfnRange pages{Pfn(segment.range.begin.value() >> 12),
                         Pfn((segment.range.end.value() + 4095) >> 12)};
    const auto excluded = core.excluded_earlier({pages.begin, std::min(pages.end, pages.begin + 4096)}, 12);
    if (excluded)
      for (const PfnRange& range : *excluded)
        if (range.empty() || range.begin < pages.begin) std::abort();
    for (Pfn pfn = pages.begin; pfn < pages.end && left != 0; ++pfn, --left)
      static_cast<void>(core.read(PhysAddr(pfn.value() << 12), page));
  }
  // Over the end of a page, and of the memory.
  static_cast<void>(core.read(PhysAddr(2 * 4096 + 4000), page));
  static_cast<void>(core.read(PhysAddr(~uint64_t{0} - 100), page));
}

}  // namespace

// The first byte chooses the file; with its highest bit set the rest is all of one.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes input = std::as_bytes(std::span(data + 1, size - 1));
  const size_t chosen = data[0] % kFiles;
  const bool whole = (data[0] & kWholeFile) != 0;
  auto file =
      open(whole ? ByteVector(input.begin(), input.end()) : patched(sound_file(chosen), input), "fuzz");
  if (!file) {
    if (file.error().message().find('\n') != std::string::npos) std::abort();
    return 0;
  }
  read_pages(**file);
  if (whole || chosen < kFirstPart) return 0;
  std::vector<std::unique_ptr<KdumpFile>> parts;
  parts.push_back(std::move(*file));
  parts.push_back(open(sound_file(chosen == kFirstPart ? kFirstPart + 1 : kFirstPart), "other").value());
  const auto set = SplitSet::join(std::move(parts));
  if (set) read_pages(**set);
  return 0;
}
