// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/arch/page_table.h"

namespace kdump {
namespace {

bool is_canonical(VirtAddr addr, unsigned va_bits) {
  const auto signed_addr = static_cast<int64_t>(addr.value());
  const int64_t top = signed_addr >> (va_bits - 1);
  return top == 0 || top == -1;
}

uint64_t low_bits(unsigned count) { return (uint64_t{1} << count) - 1; }

}  // namespace

Result<Translation> PageTableWalker::translate(VirtAddr addr) {
  const PageTableFormat& format = *table_->format;
  if (!is_canonical(addr, format.va_bits)) {
    return fail(ErrorKind::corrupt, "virtual address {:#x} is not one of {} bits", addr.value(),
                format.va_bits);
  }
  PhysAddr table = table_->root;
  for (size_t level = 0; level < format.levels.size(); ++level) {
    const uint64_t value = TRY(entry(level, table, addr));
    if ((value & format.present) == 0) {
      return fail("virtual address {:#x} is not mapped (page table level {}: entry {:#x})", addr.value(),
                  format.levels.size() - level, value);
    }
    const uint64_t inside = low_bits(format.levels[level].shift);
    const uint64_t target = value & table_->address_mask;
    if (is_leaf(level, value)) {
      const uint64_t offset = addr.value() & inside;
      return Translation{PhysAddr((target & ~inside) | offset), inside + 1 - offset};
    }
    table = PhysAddr(target);
  }
  return fail(ErrorKind::corrupt, "virtual address {:#x}: page tables without an end", addr.value());
}

bool PageTableWalker::is_leaf(size_t level, uint64_t entry) const {
  const PageTableFormat& format = *table_->format;
  if (level + 1 == format.levels.size()) return true;
  return format.levels[level].may_be_leaf && (entry & format.huge) != 0;
}

size_t PageTableWalker::entry_count(size_t level) const {
  const PageTableFormat& format = *table_->format;
  const unsigned above = level == 0 ? format.va_bits : format.levels[level - 1].shift;
  return size_t{1} << (above - format.levels[level].shift);
}

Result<uint64_t> PageTableWalker::entry(size_t level, PhysAddr table, VirtAddr addr) {
  CachedTable& cached = cache_[level];
  const size_t count = entry_count(level);
  if (cached.entries.empty() || cached.addr != table) {
    cached.entries.resize(count);
    const Status read = vmcore_->read(table, std::as_writable_bytes(std::span(cached.entries)));
    if (!read) cached.entries.clear();
    TRY(with_context(read, "cannot read page table level {} at {:#x} for virtual address {:#x}",
                     table_->format->levels.size() - level, table.value(), addr.value()));
    cached.addr = table;
  }
  return cached.entries[(addr.value() >> table_->format->levels[level].shift) & (count - 1)];
}

}  // namespace kdump
