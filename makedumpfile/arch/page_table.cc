// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/arch/page_table.h"

#include <cstring>

namespace kdump {
namespace {

bool is_canonical(VirtAddr addr, unsigned va_bits) {
  const auto signed_addr = static_cast<int64_t>(addr.value());
  const int64_t top = signed_addr >> (va_bits - 1);
  return top == 0 || top == -1;
}

uint64_t low_bits(unsigned count) { return (uint64_t{1} << count) - 1; }

}  // namespace

bool PageTableFormat::is_leaf(size_t level, uint64_t entry) const {
  if (level + 1 == levels.size()) return true;
  return levels[level].may_be_leaf && (entry & huge) != 0;
}

size_t PageTableFormat::entry_count(size_t level) const {
  const unsigned above = level == 0 ? va_bits : levels[level - 1].shift;
  return size_t{1} << (above - levels[level].shift);
}

uint64_t PageTableWalker::CachedTable::operator[](size_t index) const {
  le64 value;
  std::memcpy(&value, entries.data() + index * sizeof value, sizeof value);
  return value;
}

Result<Translation> PageTableWalker::translate(VirtAddr addr) {
  const PageTableFormat& format = *table_->format;
  if (!is_canonical(addr, format.va_bits)) {
    return fail(ErrorKind::corrupt, "virtual address {:#x} is not one of {} bits", addr.value(),
                format.va_bits);
  }
  size_t level = 0;
  const LastEntry last = TRY(last_entry(addr, level));
  if (last.present) return target_of(last, addr);
  return fail("virtual address {:#x} is not mapped (page table level {}: entry {:#x})", addr.value(),
              format.levels.size() - last.level, last.value);
}

Result<Translation> PageTableWalker::trace(VirtAddr addr,
                                           const std::function<void(const TableEntry&)>& visit) {
  const auto found = translate(addr);
  // The tables that the walk has been through are remembered, so looking again reads nothing twice.
  PhysAddr table = table_->root;
  const PageTableFormat& format = *table_->format;
  for (size_t level = 0; level < format.levels.size(); ++level) {
    const auto value = entry(level, table, addr);
    if (!value) break;
    const PageTableLevel& row = format.levels[level];
    const uint64_t index = (addr.value() >> row.shift) & (format.entry_count(level) - 1);
    visit({row.name, table + index * sizeof(le64), *value});
    if ((*value & format.present) == 0 || format.is_leaf(level, *value)) break;
    table = PhysAddr(*value & table_->address_mask);
  }
  return found;
}

Mapping PageTableWalker::look_up(VirtAddr addr) {
  const PageTableFormat& format = *table_->format;
  // Between the two halves there is nothing.
  if (!is_canonical(addr, format.va_bits))
    return {std::nullopt, ~low_bits(format.va_bits - 1) - addr.value()};
  size_t level = 0;
  const auto last = last_entry(addr, level);
  if (last && last->present) {
    const Translation target = target_of(*last, addr);
    return {target.addr, target.size};
  }
  if (last) return {std::nullopt, unmapped_from(last->level, addr)};
  // A table that cannot be read: nothing of what the entry above it maps.
  if (level > 0) --level;
  const uint64_t inside = low_bits(format.levels[level].shift);
  return {std::nullopt, inside + 1 - (addr.value() & inside)};
}

uint64_t PageTableWalker::unmapped_from(size_t level, VirtAddr addr) const {
  const PageTableFormat& format = *table_->format;
  const CachedTable& entries = cache_[level];
  const unsigned shift = format.levels[level].shift;
  const size_t first = (addr.value() >> shift) & (entries.count() - 1);
  // The root's halves lie apart.
  const size_t end = level == 0 && first < entries.count() / 2 ? entries.count() / 2 : entries.count();
  size_t next = first + 1;
  while (next < end && (entries[next] & format.present) == 0) ++next;
  return (uint64_t{next - first} << shift) - (addr.value() & low_bits(shift));
}

Translation PageTableWalker::target_of(const LastEntry& entry, VirtAddr addr) const {
  const uint64_t inside = low_bits(table_->format->levels[entry.level].shift);
  const uint64_t offset = addr.value() & inside;
  return {PhysAddr((entry.value & table_->address_mask & ~inside) | offset), inside + 1 - offset};
}

Result<PageTableWalker::LastEntry> PageTableWalker::last_entry(VirtAddr addr, size_t& level) {
  const PageTableFormat& format = *table_->format;
  level = shared_level(addr);
  last_.reset();
  PhysAddr table = level == 0 ? table_->root : cache_[level].addr;
  for (;; ++level) {
    const uint64_t value = TRY(entry(level, table, addr));
    const bool present = (value & format.present) != 0;
    if (!present || format.is_leaf(level, value)) {
      last_ = LastWalk{addr, level};
      return LastEntry{level, value, present};
    }
    table = PhysAddr(value & table_->address_mask);
  }
}

size_t PageTableWalker::shared_level(VirtAddr addr) const {
  if (!last_) return 0;
  const uint64_t differing = addr.value() ^ last_->addr.value();
  size_t level = last_->level;
  while (level > 0 && differing >> table_->format->levels[level - 1].shift != 0) --level;
  return level;
}

Result<uint64_t> PageTableWalker::entry(size_t level, PhysAddr table, VirtAddr addr) {
  CachedTable& cached = cache_[level];
  const size_t count = table_->format->entry_count(level);
  if (cached.entries.empty() || cached.addr != table) {
    cached.entries.resize(count * sizeof(le64));
    const Status read = vmcore_->read(table, cached.entries);
    if (!read) cached.entries.clear();
    TRY(with_context(read, "cannot read page table level {} at {:#x} for virtual address {:#x}",
                     table_->format->levels.size() - level, table.value(), addr.value()));
    cached.addr = table;
  }
  return cached[(addr.value() >> table_->format->levels[level].shift) & (count - 1)];
}

}  // namespace kdump
