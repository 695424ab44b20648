// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/inspect/page_census.h"

#include <algorithm>
#include <bit>

#include "makedumpfile/inspect/data_extents.h"

namespace kdump {
namespace {

bool is_zero_page(const KdumpFile& file, uint64_t place) {
  ByteVector page(file.headers().block_size);
  if (place > file.source().size() || page.size() > file.source().size() - place) return false;
  return file.source().read(place, page) && all_zero(page);
}

class CensusTaker {
 public:
  CensusTaker(const KdumpFile& file, ProblemList& problems) : file_(file), problems_(problems) {
    // makedumpfile and QEMU put the zero page that others share before all other data; in a file of a split
    // dump the original leaves room for the descriptors of all files there.
    for (const uint64_t descriptors : {file.page_count(), file.dumpable().count()}) {
      const uint64_t place = file.descriptor_offset(descriptors);
      if (is_zero_page(file, place)) zero_pages_.push_back(place);
    }
  }

  Result<PageCensus> take() {
    TRY(look_at_descriptors());
    TRY(compare_bitmaps());
    if (const auto overlap = extents_.overlap()) {
      problem(
          fmt::format("offset {:#x}: data up to {:#x} belongs to two pages", overlap->begin, overlap->end));
    }
    return census_;
  }

 private:
  void problem(std::string text) { problems_.add(0, std::move(text)); }

  Status look_at_descriptors() {
    constexpr size_t kAtOnce = 1024;
    std::vector<PageDescriptor> pages;
    const uint64_t count = readable_descriptors();
    for (uint64_t index = 0; index < count; index += pages.size()) {
      pages.resize(std::min<uint64_t>(kAtOnce, count - index));
      TRY(file_.read_descriptors(index, pages));
      for (size_t i = 0; i < pages.size(); ++i) look_at(index + i, pages[i]);
    }
    return {};
  }

  // The file may end before its descriptors do.
  uint64_t readable_descriptors() {
    const uint64_t each = file_.descriptor_offset(1) - file_.descriptor_offset(0);
    const uint64_t room = (file_.source().size() - file_.descriptor_offset(0)) / each;
    if (room >= file_.page_count()) return file_.page_count();
    problem(
        fmt::format("offset {:#x}: {} descriptors, the file ends at {:#x} behind {} (is the copy complete?)",
                    file_.descriptor_offset(0), file_.page_count(), file_.source().size(), room));
    census_.damaged += file_.page_count() - room;
    return room;
  }

  void look_at(uint64_t index, const PageDescriptor& page) {
    if (page.lost()) {
      ++census_.lost;
    } else if (const Status sound = check(index, page); !sound) {
      ++census_.damaged;
      problem(sound.error().message());
    } else if (page.flags == 0 && std::ranges::find(zero_pages_, page.offset) != zero_pages_.end()) {
      ++census_.zero;
    } else {
      ++census_.stored;
      ++census_.codecs[page.flags];
      census_.data_bytes += page.size;
      extents_.add(page.offset, page.size);
    }
  }

  [[nodiscard]] Status check(uint64_t index, const PageDescriptor& page) const {
    TRY(file_.check_descriptor(index, page));
    const uint64_t data = file_.descriptor_offset(file_.page_count());
    if (page.offset >= data) return {};
    return fail(ErrorKind::corrupt, "{}: offset {:#x}: page_desc {}: offset: {:#x} is before the data, {:#x}",
                file_.name(), file_.descriptor_offset(index), index, page.offset, data);
  }

  Status compare_bitmaps() {
    constexpr size_t kAtOnce = size_t{64} << 10;
    ByteVector existing(kAtOnce), dumpable(kAtOnce);
    for (Pfn first; first < file_.headers().max_pfn; first += kAtOnce * 8) {
      TRY(file_.existing().read(first, existing));
      TRY(file_.dumpable().read(first, dumpable));
      for (size_t i = 0; i < kAtOnce; ++i) {
        const auto beyond = std::to_integer<unsigned>(dumpable[i] & ~existing[i]);
        census_.beyond += static_cast<uint64_t>(std::popcount(beyond));
      }
    }
    if (census_.beyond != 0)
      problem(fmt::format("offset {:#x}: bitmap 2: {} pages that bitmap 1 does not have",
                          file_.headers().bitmap2, census_.beyond));
    return {};
  }

  const KdumpFile& file_;
  ProblemList& problems_;
  std::vector<uint64_t> zero_pages_;  // offsets
  DataExtents extents_;
  PageCensus census_;
};

}  // namespace

Result<PageCensus> take_census(const KdumpFile& file, ProblemList& problems) {
  return CensusTaker(file, problems).take();
}

}  // namespace kdump
