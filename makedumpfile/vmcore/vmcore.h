// SPDX-License-Identifier: GPL-2.0-or-later
// A dump to read from, whatever its file format: physical memory by address, notes, and what the headers say.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "common/layout/diskdump.h"
#include "makedumpfile/vmcore/memory_map.h"
#include "makedumpfile/vmcore/notes.h"

namespace kdump {

// Memory that the headers also give a virtual address of the dead kernel.
struct VirtualSegment {
  VirtAddr vaddr;
  PhysRange range;
};

// What the program that wrote a kdump-compressed file put into its headers.
struct EarlierDump {
  uint64_t page_size = 0;  // bytes
  int dump_level = 0;      // at which it was filtered
  bool incomplete = false;
  uint64_t phys_base = 0;
  int64_t crash_time = 0;       // seconds since the epoch, 0 when it was not known
  diskdump::UtsName utsname{};  // fields that were not known are empty
};

class Vmcore {
 public:
  virtual ~Vmcore() = default;

  // The file's name, for messages.
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual uint16_t machine() const = 0;  // elf::EM_…
  // The machine's memory as far as it was there to dump, stored or not.
  [[nodiscard]] virtual const MemoryMap& memory_map() const = 0;
  [[nodiscard]] virtual const Notes& notes() const = 0;
  // What was erased before this dump was written, lines as in makedumpfile.conf(5); empty when nothing was.
  [[nodiscard]] virtual std::string_view erase_info() const { return notes().erase_info(); }
  // In the headers' order; none where the format has none.
  [[nodiscard]] virtual std::span<const VirtualSegment> virtual_segments() const { return {}; }
  // nullptr: the file is not kdump-compressed. One that is stays one: it cannot be made an ELF core.
  [[nodiscard]] virtual const EarlierDump* earlier() const { return nullptr; }

  // Pages of `window` that are in the memory map but not in the file, since an earlier filter left them out;
  // ascending. May be called from several threads.
  [[nodiscard]] virtual Result<std::vector<PfnRange>> excluded_earlier(PfnRange /*window*/,
                                                                       unsigned /*page_shift*/) const {
    return std::vector<PfnRange>();
  }

  // Fills `out` with the memory at `addr`. Memory that is in the map but whose page is only partly stored
  // reads as zeros there; an address outside the map, an excluded page or a failing read is an error. May be
  // called from several threads.
  virtual Status read(PhysAddr addr, MutableBytes out) const = 0;
};

struct OpenOptions {
  bool use_mmap = true;  // /proc/vmcore only: regular files are always read with pread
  // Where what comes through a pipe is kept while it is read; empty: $TMPDIR, else /var/tmp.
  std::string work_dir;
};

// Opens a dump of any format that there is a reader for: ELF cores, /proc/vmcore, kdump-compressed files, and
// flattened streams of either. "-" is standard input. A pipe is copied into a file without a name first.
Result<std::unique_ptr<Vmcore>> open_vmcore(const std::string& path, const OpenOptions& options = {});

}  // namespace kdump
