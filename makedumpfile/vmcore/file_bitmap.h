// SPDX-License-Identifier: GPL-2.0-or-later
// A bitmap of pages that lies in a dump file: bit pfn & 7 of byte pfn >> 3. Never in memory as a whole, since
// that of a terabyte machine has 32 MiB: one count for each block of 4 KiB, and the blocks used last.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <vector>

#include "common/units.h"
#include "makedumpfile/vmcore/byte_source.h"

namespace kdump {

class FileBitmap {
 public:
  // Pages of which the bits are set, one after the other, and how many set bits lie before them. No pages:
  // the first one's bit is clear.
  struct Run {
    uint64_t rank = 0;
    uint64_t pages = 0;
  };

  // Reads the bitmap of [0, end) at `offset` of `source` once and counts its bits; those behind `end` do not
  // count. `source` must outlive the result. Errors name `field`.
  static Result<std::unique_ptr<FileBitmap>> index(const ByteSource& source, uint64_t offset, Pfn end,
                                                   std::string_view field);

  [[nodiscard]] Pfn end() const { return end_; }
  [[nodiscard]] uint64_t count() const { return counts_.back(); }
  // Set bits before `pfn`, at most end().
  [[nodiscard]] Result<uint64_t> rank(Pfn pfn) const;
  // The set bits from `first`, below end(), on: at most `most`, and perhaps less than there are.
  [[nodiscard]] Result<Run> run(Pfn first, uint64_t most) const;
  // The bits from `first`, a multiple of 8, on; those behind end() are clear.
  Status read(Pfn first, MutableBytes out) const;

 private:
  static constexpr uint64_t kBlockBytes = 4096, kBlockPages = kBlockBytes * 8;
  static constexpr size_t kKeptBlocks = 16;

  struct Block {
    uint64_t number;
    ByteVector bytes;  // kBlockBytes
  };
  using Shared = std::shared_ptr<const Block>;

  FileBitmap(const ByteSource& source, uint64_t offset, Pfn end, std::string_view field)
      : source_(&source), offset_(offset), end_(end), field_(field) {}

  Status count_blocks();
  [[nodiscard]] Result<Shared> block(uint64_t number) const;
  [[nodiscard]] Shared find_block(uint64_t number) const;

  const ByteSource* source_;
  uint64_t offset_;
  Pfn end_;
  std::string field_;
  std::vector<uint64_t> counts_;                    // set bits before each block, and of all
  mutable std::mutex mutex_;                        // of what follows
  mutable std::array<Shared, kKeptBlocks> recent_;  // the last used first
};

// Calls visit(range) for each run of set bits in `bits`, of which the first is that of `first`; neighbours
// across calls are not joined.
template <typename Visit>
void for_each_run(Bytes bits, Pfn first, Visit&& visit) {
  constexpr uint64_t kNone = UINT64_MAX;
  uint64_t begin = kNone;
  for (size_t i = 0; i < bits.size(); ++i) {
    const auto byte = std::to_integer<unsigned>(bits[i]);
    const bool no_edge = byte == (begin == kNone ? 0x00U : 0xffU);
    for (unsigned bit = 0; bit < 8 && !no_edge; ++bit) {
      const bool set = (byte >> bit & 1) != 0;
      if (set == (begin != kNone)) continue;
      if (!set) visit(PfnRange{first + begin, first + (i * 8 + bit)});
      begin = set ? i * 8 + bit : kNone;
    }
  }
  if (begin != kNone) visit(PfnRange{first + begin, first + bits.size() * 8});
}

}  // namespace kdump
