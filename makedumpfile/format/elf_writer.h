// SPDX-License-Identifier: GPL-2.0-or-later
// Writes an ELF64 core (common/layout/elf.h): a PT_NOTE, then the PT_LOADs of the input, cut where pages are
// left out (format/stored_runs.h):
//   [ELF header][program headers][section header, beyond 65534 of those][notes][page data, from a page
//   boundary on]
// Each stored page is there once, in the order of the addresses: a PT_LOAD that maps the kernel's image at
// its virtual address points to the same bytes as the one that maps all memory. What a PT_LOAD has of
// p_memsz beyond p_filesz is left out, and readers take it for zeros.
//
// Everything goes out strictly forward, but for the ELF header, which says at the end that the dump is whole.
// Pages that are left out are never read, so the short gaps that are stored all the same have zeros.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "common/layout/elf.h"
#include "makedumpfile/format/forward_output.h"
#include "makedumpfile/format/page_writer.h"
#include "makedumpfile/format/stored_runs.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

struct ElfParameters {
  uint64_t page_size = 0;  // bytes
  uint16_t machine = 0;    // elf::EM_…
  const Notes* notes = nullptr;
  std::string_view erase_info = {};   // what was erased, a line an object; becomes a note
  std::vector<VirtualSegment> loads;  // PT_LOADs without gaps; physical ranges may overlap
};

// What an ELF dump of `vmcore` maps: its own virtual segments, then memory without one, at virtual address 0.
std::vector<VirtualSegment> elf_loads(const Vmcore& vmcore);

class ElfWriter final : public PageWriter {
 public:
  // `sink` and what `parameters` points to must outlive this.
  ElfWriter(RandomAccess& sink, ElfParameters parameters);

  void set_dump_level(int /*level*/) override {}  // the format has no place for it
  // Nothing is written before begin_pages.
  [[nodiscard]] bool rewritable() const override { return true; }
  [[nodiscard]] bool any_order() const override { return false; }
  [[nodiscard]] bool leaves_out_zeros() const override { return true; }
  [[nodiscard]] bool stores(Pfn pfn) const override;
  Status write_header() override;
  Status write_bitmaps(Pfn window, Bytes existing, Bytes dumpable) override;
  Status begin_pages(uint64_t count, bool shared_zero_page) override;
  Status add(const PageBatch& batch) override;
  Status checkpoint() override;
  Status finish() override;
  Status restart() override;
  Leftover abandon() override;

  [[nodiscard]] uint64_t size() const override { return output_.end(); }
  // At most: pages of bridged gaps count, too, once a write has failed.
  [[nodiscard]] uint64_t pages_missing() const override {
    return std::min(page_count_, pages_left_ + dropped_);
  }

 private:
  using Phdr = elf::Phdr64<Little>;
  using VisitHeader = std::function<Status(const Phdr&)>;

  Status for_each_load(const VisitHeader& visit) const;
  Status for_each_piece(const VirtualSegment& load, const VisitHeader& visit) const;
  [[nodiscard]] elf::Ehdr64<Little> header(bool incomplete) const;
  Status write_program_headers();
  Status add_page(Pfn pfn, PageFate fate, Bytes data);
  [[nodiscard]] const StoredRun* run_of(Pfn pfn) const;

  RandomAccess& sink_;
  ElfParameters parameters_;
  ByteVector all_notes_;
  StoredRuns runs_;
  ForwardOutput output_;
  uint64_t headers_ = 0;  // program headers
  uint64_t notes_ = 0;    // offsets in the file, bytes
  uint64_t data_ = 0;
  uint64_t page_count_ = 0;  // announced
  uint64_t pages_left_ = 0;  // of those, not added
  uint64_t dropped_ = 0;     // added, and not in the file in the end
  // Where the last page was that somebody asked for.
  mutable size_t run_index_ = 0;
  mutable StoredRun run_{};
};

}  // namespace kdump
