// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/protect/finder.h"

namespace kdump {

PfnRange ProtectedSearch::pages_of(PhysRange range) const {
  const unsigned shift = kernel.page_shift();
  return {Pfn(range.begin.value() >> shift), Pfn(((range.end.value() - 1) >> shift) + 1)};
}

void ProtectedSearch::add(PhysRange range) {
  if (!range.empty()) found.add(pages_of(range));
}

uint64_t ProtectedSearch::add_mapped(VirtRange range) {
  uint64_t pages = 0;
  memory.for_each_mapped(range, [&](PhysRange piece) {
    if (!step()) return false;
    add(piece);
    pages += pages_of(piece).size();
    return true;
  });
  return pages;
}

VirtRange ProtectedSearch::image_area() const {
  const auto told = static_cast<uint64_t>(facts().number("KERNEL_IMAGE_SIZE").value_or(0));
  const bool plausible = told != 0 && told < layout.modules_end - layout.image;
  return {layout.image, layout.image + (plausible ? told : layout.image_size)};
}

VirtRange ProtectedSearch::module_area() const { return {image_area().end, layout.modules_end}; }

}  // namespace kdump
