// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/arch/address_space.h"

#include <algorithm>

namespace kdump {

Status VirtualReader::read(VirtAddr addr, MutableBytes out) {
  while (!out.empty()) {
    const Translation place = TRY(translate(addr));
    const size_t step = std::min<uint64_t>(out.size(), place.size);
    TRY(with_context(vmcore_->read(place.addr, out.first(step)), "cannot read virtual address {:#x}",
                     addr.value()));
    out = out.subspan(step);
    addr += step;
  }
  return {};
}

void VirtualReader::for_each_mapped(VirtRange range, const std::function<bool(PhysRange)>& visit) {
  while (!range.empty()) {
    const Mapping mapping = walker_.look_up(range.begin);
    const uint64_t step = std::min(range.size(), mapping.size);
    if (mapping.addr && !visit({*mapping.addr, *mapping.addr + step})) return;
    range.begin += step;
  }
}

Status AddressSpace::usable() const {
  if (!table_) return std::unexpected(table_.error());
  return {};
}

Result<VirtualReader> AddressSpace::reader() const {
  TRY(usable());
  return VirtualReader(*vmcore_, *table_);
}

Result<Translation> AddressSpace::translate(VirtAddr addr) const {
  VirtualReader one_time = TRY(reader());
  return one_time.translate(addr);
}

Status AddressSpace::read(VirtAddr addr, MutableBytes out) const {
  VirtualReader one_time = TRY(reader());
  return one_time.read(addr, out);
}

}  // namespace kdump
