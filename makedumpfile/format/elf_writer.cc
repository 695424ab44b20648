// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/elf_writer.h"

#include <algorithm>
#include <cstring>

namespace kdump {
namespace {

using Ehdr = elf::Ehdr64<Little>;
using Phdr = elf::Phdr64<Little>;
using Shdr = elf::Shdr64<Little>;

constexpr uint64_t kNoteAlignment = 4;

constexpr uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

// The parts of `range` that none of `covered` has, which are sorted by their beginnings.
void add_uncovered(PhysRange range, const std::vector<PhysRange>& covered,
                   std::vector<VirtualSegment>& loads) {
  for (const PhysRange& other : covered) {
    if (other.end <= range.begin) continue;
    if (other.begin >= range.end) break;
    if (other.begin > range.begin) loads.push_back({VirtAddr(), {range.begin, other.begin}});
    range.begin = other.end;
    if (range.empty()) return;
  }
  loads.push_back({VirtAddr(), range});
}

// The notes of the input, and behind them one named ERASEINFO where something was erased.
ByteVector notes_with_erase_info(const Notes& notes, std::string_view erase_info) {
  ByteVector all(notes.raw().begin(), notes.raw().end());
  if (erase_info.empty()) return all;
  constexpr std::string_view kName("ERASEINFO", sizeof "ERASEINFO");  // with its NUL
  elf::Nhdr<Little> header{};
  header.n_namesz = kName.size();
  header.n_descsz = static_cast<uint32_t>(erase_info.size());
  for (const Bytes part : {bytes_of(header), bytes_of(kName), bytes_of(erase_info)}) {
    all.resize(round_up(all.size(), kNoteAlignment));
    all.insert(all.end(), part.begin(), part.end());
  }
  all.resize(round_up(all.size(), kNoteAlignment));
  return all;
}

// Not where a page begins: such a core makedumpfile 1.7 would map, each PT_LOAD by its size in memory
// (offset_to_pt_load_end in its elf_info.c), and take pages from the wrong place. What it cannot map it
// reads.
constexpr uint64_t place_of_data(uint64_t end_of_notes, uint64_t page_size) {
  return end_of_notes % page_size == 0 ? end_of_notes + kNoteAlignment : end_of_notes;
}

}  // namespace

std::vector<VirtualSegment> elf_loads(const Vmcore& vmcore) {
  const auto own = vmcore.virtual_segments();
  std::vector<VirtualSegment> loads(own.begin(), own.end());
  std::vector<PhysRange> covered;
  covered.reserve(loads.size());
  for (const VirtualSegment& load : loads) covered.push_back(load.range);
  std::ranges::sort(covered, {}, &PhysRange::begin);
  for (const MemorySegment& segment : vmcore.memory_map().segments())
    add_uncovered(segment.range, covered, loads);
  return loads;
}

ElfWriter::ElfWriter(RandomAccess& sink, ElfParameters parameters)
    : sink_(sink),
      parameters_(std::move(parameters)),
      all_notes_(notes_with_erase_info(*parameters_.notes, parameters_.erase_info)),
      output_(sink) {}

Status ElfWriter::write_header() {
  runs_.clear();
  return {};
}

Status ElfWriter::write_bitmaps(Pfn window, Bytes existing, Bytes dumpable) {
  runs_.add_window(window, existing, dumpable);
  return {};
}

// One PT_LOAD for each run of stored pages, with what is left out behind it, and one for what is left out
// before the first.
Status ElfWriter::for_each_piece(const VirtualSegment& load, const VisitHeader& visit) const {
  const uint64_t page = parameters_.page_size;
  const uint64_t end = load.range.end.value();
  const auto begin_of = [&](size_t i) {
    return i < runs_.count() ? std::min(end, runs_.run(i).pages.begin.value() * page) : end;
  };
  uint64_t at = load.range.begin.value();
  const auto piece = [&](uint64_t offset, uint64_t stored, uint64_t next) {
    Phdr phdr{};
    phdr.p_type = elf::PT_LOAD;
    phdr.p_flags = elf::PF_R | elf::PF_W | elf::PF_X;
    phdr.p_offset = offset;
    // QEMU's dumps without paging have 0 everywhere.
    if (load.vaddr != VirtAddr()) phdr.p_vaddr = (load.vaddr + (at - load.range.begin.value())).value();
    phdr.p_paddr = at;
    phdr.p_filesz = stored;
    phdr.p_memsz = next - at;
    at = next;
    return visit(phdr);
  };
  size_t i = runs_.find_from(Pfn(at / page));
  // crash takes the first PT_LOAD's place as that of the data, whether it has any or not (its netdump.c).
  if (begin_of(i) > at) TRY(piece(data_, 0, begin_of(i)));
  for (; at < end; ++i) {
    const StoredRun run = runs_.run(i);
    const uint64_t stored_end = std::min(end, run.pages.end.value() * page);
    TRY(piece(data_ + run.first * page + (at - run.pages.begin.value() * page), stored_end - at,
              begin_of(i + 1)));
  }
  return {};
}

Status ElfWriter::for_each_load(const VisitHeader& visit) const {
  for (const VirtualSegment& load : parameters_.loads) TRY(for_each_piece(load, visit));
  return {};
}

Ehdr ElfWriter::header(bool incomplete) const {
  Ehdr ehdr{};
  std::memcpy(ehdr.e_ident, elf::kMagic, sizeof elf::kMagic);
  ehdr.e_ident[elf::EI_CLASS] = elf::ELFCLASS64;
  ehdr.e_ident[elf::EI_DATA] = elf::ELFDATA2LSB;
  ehdr.e_ident[elf::EI_VERSION] = 1;
  ehdr.e_type = elf::ET_CORE;
  ehdr.e_machine = parameters_.machine;
  ehdr.e_version = 1;
  ehdr.e_phoff = sizeof ehdr;
  ehdr.e_flags = incomplete ? elf::DUMP_ELF_INCOMPLETE : 0;
  ehdr.e_ehsize = sizeof ehdr;
  ehdr.e_phentsize = sizeof(Phdr);
  ehdr.e_phnum = static_cast<uint16_t>(std::min<uint64_t>(headers_, elf::PN_XNUM));
  if (headers_ < elf::PN_XNUM) return ehdr;
  ehdr.e_shoff = sizeof ehdr + headers_ * sizeof(Phdr);
  ehdr.e_shentsize = sizeof(Shdr);
  ehdr.e_shnum = 1;
  return ehdr;
}

Status ElfWriter::write_program_headers() {
  Phdr note{};
  note.p_type = elf::PT_NOTE;
  note.p_offset = notes_;
  note.p_filesz = note.p_memsz = all_notes_.size();
  TRY(output_.put(bytes_of(note)));
  TRY(for_each_load([this](const Phdr& phdr) { return output_.put(bytes_of(phdr)); }));
  if (headers_ < elf::PN_XNUM) return {};
  Shdr count{};
  count.sh_info = static_cast<uint32_t>(headers_);
  return output_.put(bytes_of(count));
}

Status ElfWriter::begin_pages(uint64_t count, bool /*shared_zero_page*/) {
  page_count_ = pages_left_ = count;
  run_index_ = 0;
  run_ = {};
  headers_ = 1;
  TRY(for_each_load([this](const Phdr& /*phdr*/) -> Status {
    ++headers_;
    return {};
  }));
  const Bytes notes = all_notes_;
  notes_ = sizeof(Ehdr) + headers_ * sizeof(Phdr) + (headers_ < elf::PN_XNUM ? 0 : sizeof(Shdr));
  data_ = place_of_data(notes_ + notes.size(), parameters_.page_size);
  TRY(sink_.allocate(0, data_));
  output_.begin(0);
  TRY(output_.put(bytes_of(header(sink_.rewritable()))));
  TRY(write_program_headers());
  TRY(output_.put(notes));
  return output_.put_zeros(data_ - output_.end());
}

// Pages are asked for in ascending order, by two who are never far from each other.
const StoredRun* ElfWriter::run_of(Pfn pfn) const {
  if (run_.pages.contains(pfn)) return &run_;
  const size_t index = runs_.find_from(pfn);
  if (index == runs_.count()) return nullptr;
  run_ = runs_.run(index);
  return run_.pages.contains(pfn) ? &run_ : nullptr;
}

bool ElfWriter::stores(Pfn pfn) const { return run_of(pfn) != nullptr; }

Status ElfWriter::add(const PageBatch& batch) {
  Bytes data = batch.data;
  Status added;
  for (size_t i = 0; i < batch.pages.size(); ++i) {
    const StoredPage& page = batch.pages[i];
    pages_left_ -= pages_left_ != 0 ? 1 : 0;
    if (added) added = add_page(batch.pfns[i], page.fate, data.first(page.size));
    if (!added) ++dropped_;
    data = data.subspan(page.size);
  }
  return added;
}

Status ElfWriter::add_page(Pfn pfn, PageFate fate, Bytes data) {
  const StoredRun* run = run_of(pfn);
  if (run == nullptr) return {};
  const uint64_t page = parameters_.page_size;
  const uint64_t offset = data_ + (run->first + (pfn - run->pages.begin)) * page;
  if (offset < output_.end()) return fail(ErrorKind::corrupt, "page {:#x} comes twice", pfn.value());
  TRY(output_.put_zeros(offset - output_.end()));
  return fate == PageFate::stored ? output_.put(data) : output_.put_zeros(page);
}

Status ElfWriter::checkpoint() {
  TRY(output_.settle());
  output_.release();
  return {};
}

Status ElfWriter::finish() {
  const uint64_t end = data_ + runs_.pages() * parameters_.page_size;
  if (output_.end() != end || pages_left_ != 0) {
    return fail(ErrorKind::corrupt, "other pages than the first pass over the memory map counted");
  }
  TRY(output_.settle());
  if (sink_.rewritable()) {
    // The mark goes only when everything else is on disk.
    TRY(sink_.sync());
    TRY(sink_.write_at(0, bytes_of(header(false))));
  }
  return sink_.finish();
}

Status ElfWriter::restart() {
  TRY(sink_.restart());
  output_.restart();
  page_count_ = pages_left_ = dropped_ = 0;
  return {};
}

Leftover ElfWriter::abandon() {
  if (!sink_.rewritable()) return Leftover::unmarked;
  const bool begun = output_.begun();
  const uint64_t put = output_.end();
  if (begun) output_.rescue();
  if (!begun || output_.settled() <= data_) return sink_.discard() ? Leftover::nothing : Leftover::unmarked;
  dropped_ += (put - output_.settled() + parameters_.page_size - 1) / parameters_.page_size;
  return sink_.write_at(0, bytes_of(header(true))) && sink_.sync() ? Leftover::incomplete
                                                                   : Leftover::unmarked;
}

}  // namespace kdump
