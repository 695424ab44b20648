// SPDX-License-Identifier: GPL-2.0-or-later
// A dump to read from, whatever its file format: physical memory by address, notes, and what the headers say.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "common/bytes.h"
#include "common/error.h"
#include "makedumpfile/vmcore/memory_map.h"
#include "makedumpfile/vmcore/notes.h"

namespace kdump {

// Memory that the headers also give a virtual address of the dead kernel.
struct VirtualSegment {
  VirtAddr vaddr;
  PhysRange range;
};

class Vmcore {
 public:
  virtual ~Vmcore() = default;

  // The file's name, for messages.
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual uint16_t machine() const = 0;  // elf::EM_…
  [[nodiscard]] virtual const MemoryMap& memory_map() const = 0;
  [[nodiscard]] virtual const Notes& notes() const = 0;
  // In the headers' order; none where the format has none.
  [[nodiscard]] virtual std::span<const VirtualSegment> virtual_segments() const { return {}; }

  // Fills `out` with the memory at `addr`. Memory that is in the map but whose page is only partly stored
  // reads as zeros there; an address outside the map or a failing read is an error. May be called from
  // several threads.
  virtual Status read(PhysAddr addr, MutableBytes out) const = 0;
};

struct OpenOptions {
  bool use_mmap = true;  // /proc/vmcore only: regular files are always read with pread
};

// Opens an ELF core or /proc/vmcore; other formats are refused by name.
Result<std::unique_ptr<Vmcore>> open_vmcore(const std::string& path, const OpenOptions& options = {});

}  // namespace kdump
