// SPDX-License-Identifier: GPL-2.0-or-later
// A page table is data: a row says how many levels it has, what a level's entry means and where the address
// is in it; one walker serves every architecture.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/endian.h"
#include "common/units.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

struct PageTableLevel {
  std::string_view name;  // as the kernel calls an entry of it: "PMD"
  unsigned shift;         // an entry of this level maps 2^shift bytes
  bool may_be_leaf;       // the entry may map memory itself (a huge page, or the last level)
};

struct PageTableFormat {
  std::string_view name;
  unsigned va_bits;                        // a virtual address is this many bits, sign-extended
  std::span<const PageTableLevel> levels;  // from the root down
  uint64_t present;                        // entry bits: it is in use when any of them is set
  uint64_t huge;                           // above the last level: it maps memory itself
  uint64_t address_mask;                   // where the physical address is

  [[nodiscard]] size_t entry_count(size_t level) const;
  // An entry that is present maps memory itself.
  [[nodiscard]] bool is_leaf(size_t level, uint64_t entry) const;
};

// The tables of one address space.
struct PageTable {
  const PageTableFormat* format = nullptr;
  PhysAddr root;
  uint64_t address_mask = 0;  // format->address_mask without the bits that encrypt memory (AMD SME)
};

// Where a virtual address lies: `size` bytes from `addr` on are mapped in one piece.
struct Translation {
  PhysAddr addr;
  uint64_t size = 0;
};

// An entry on the way to an address.
struct TableEntry {
  std::string_view level;
  PhysAddr addr;
  uint64_t value;
};

// What the tables say of an address: where it lies, or that it is not mapped; either holds for `size` bytes
// from it on.
struct Mapping {
  std::optional<PhysAddr> addr;
  uint64_t size = 0;
};

// Walks one PageTable and remembers the last table of each level, so that going through a stretch of memory
// costs little. For one thread.
class PageTableWalker {
 public:
  // Both must outlive the walker.
  PageTableWalker(const Vmcore& vmcore, const PageTable& table) : vmcore_(&vmcore), table_(&table) {}

  // Errors name the level and the entry that ended the walk.
  Result<Translation> translate(VirtAddr addr);
  // The same, and `visit` sees every entry that was looked at.
  Result<Translation> trace(VirtAddr addr, const std::function<void(const TableEntry&)>& visit);
  // The same for who goes through a stretch with holes: a table that cannot be read is one of them.
  Mapping look_up(VirtAddr addr);

 private:
  // The entry that ends the walk, and what it is about.
  struct LastEntry {
    size_t level;
    uint64_t value;
    bool present;
  };
  struct CachedTable {
    PhysAddr addr;
    ByteVector entries;  // le64 each

    [[nodiscard]] size_t count() const { return entries.size() / sizeof(le64); }
    [[nodiscard]] uint64_t operator[](size_t index) const;
  };
  // A walk that read all that it wanted: cache_ has the tables of all levels down to `level`.
  struct LastWalk {
    VirtAddr addr;
    size_t level;
  };
  static constexpr size_t kMaxLevels = 5;

  // `level` is the last level looked at, in errors too.
  Result<LastEntry> last_entry(VirtAddr addr, size_t& level);
  // The deepest level whose table the last walk has been through and that `addr` needs too.
  [[nodiscard]] size_t shared_level(VirtAddr addr) const;
  [[nodiscard]] Translation target_of(const LastEntry& entry, VirtAddr addr) const;
  // How far nothing is mapped from `addr` on, whose entry at `level` is not present: to the next entry of the
  // same table that is.
  [[nodiscard]] uint64_t unmapped_from(size_t level, VirtAddr addr) const;
  Result<uint64_t> entry(size_t level, PhysAddr table, VirtAddr addr);

  const Vmcore* vmcore_;
  const PageTable* table_;
  std::array<CachedTable, kMaxLevels> cache_;
  std::optional<LastWalk> last_;
};

}  // namespace kdump
