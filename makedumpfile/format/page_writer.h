// SPDX-License-Identifier: GPL-2.0-or-later
// What the dump formats have in common: the one order in which a dump is written.
//   write_header, write_bitmaps for each window, begin_pages, add for each batch of pages, finish.
// After an error: restart and all of it again, or abandon, which leaves what is there readable.
//
// New format = a writer, a choice in dump.cc, a test that others' tools read it.
#pragma once

#include <cstdint>
#include <span>

#include "common/bytes.h"
#include "common/error.h"
#include "common/units.h"

namespace kdump {

// What became of a page that is to be in the dump.
enum class PageFate : uint8_t {
  stored,  // its data follows
  zero,    // has nothing but zeros
  lost,    // could not be read
};

struct StoredPage {
  uint32_t size;   // bytes of data, 0 unless stored
  uint32_t flags;  // page_desc.flags
  PageFate fate;
};

// Neighbours among the pages of the dump, in ascending order.
struct PageBatch {
  uint64_t index = 0;  // of the first, among all pages of the dump
  std::span<const Pfn> pfns = {};
  std::span<const StoredPage> pages = {};  // a fate for each of pfns
  Bytes data = {};                         // the bytes of the stored ones in their order
};

// What abandon() leaves.
enum class Leftover {
  nothing,     // there was no page to keep
  incomplete,  // a dump that can be read and says that it is not whole
  unmarked,    // whatever was written last
};

class PageWriter {
 public:
  virtual ~PageWriter() = default;

  // Of the header that is written next.
  virtual void set_dump_level(int level) = 0;
  // Whether header and bitmaps may be written again before begin_pages, with other contents.
  [[nodiscard]] virtual bool rewritable() const = 0;
  // Whether pages may come in any order; if not, in that of their addresses.
  [[nodiscard]] virtual bool any_order() const { return true; }
  // Whether the bitmaps are to lack zero pages, too, where those are left out (pipeline/zero_runs.h).
  [[nodiscard]] virtual bool leaves_out_zeros() const { return false; }
  // Where leaves_out_zeros(), once the pages have begun: whether the dump has room for this one.
  [[nodiscard]] virtual bool stores(Pfn /*pfn*/) const { return true; }
  virtual Status write_header() = 0;
  // The two bitmaps' bytes (filter/bitmap.h) from page `window` on: the pages with data in the vmcore, and
  // those of the dump. Windows come in ascending order, without gaps.
  virtual Status write_bitmaps(Pfn window, Bytes existing, Bytes dumpable) = 0;
  // The file is a part of a dump with `all_pages` pages: its own are those of `range`, though the bitmaps are
  // of all. After the bitmaps.
  virtual Status set_part(PfnRange /*range*/, uint64_t /*all_pages*/) {
    return fail(ErrorKind::unsupported, "only kdump-compressed dumps have parts");
  }
  // `count` pages will be added: those of the second bitmap. `shared_zero_page`: pages of fate zero may come.
  virtual Status begin_pages(uint64_t count, bool shared_zero_page) = 0;
  // Each page comes once, and best most of them one after the other.
  virtual Status add(const PageBatch& batch) = 0;
  // What was added is safe from what happens to later pages; needs no memory until there are more.
  virtual Status checkpoint() = 0;
  // All pages were added: the rest goes out, the header becomes final, the sink finishes.
  virtual Status finish() = 0;
  // All again from write_header() on, after an error, too; RandomAccess::restart.
  virtual Status restart() = 0;
  // After an error: what is there is marked as incomplete and can be read as far as it goes. That cannot be
  // done on a stream.
  virtual Leftover abandon() = 0;

  // The dump's size in bytes so far.
  [[nodiscard]] virtual uint64_t size() const = 0;
  // Pages that were announced and have not made it.
  [[nodiscard]] virtual uint64_t pages_missing() const = 0;
};

}  // namespace kdump
