// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/image_place.h"

#include "makedumpfile/arch/architecture.h"

namespace kdump {

Result<ImageRange> image_range(uint16_t machine) {
  const KernelLayout& layout = TRY(find_architecture(machine))->kernel;
  return ImageRange{layout.image.value(), layout.image_size};
}

std::optional<VirtualSegment> image_segment(const Vmcore& vmcore, const ImageRange& image) {
  std::optional<VirtualSegment> lowest;
  for (const VirtualSegment& segment : vmcore.virtual_segments()) {
    if (image.holds(segment.vaddr.value()) && (!lowest || segment.vaddr < lowest->vaddr)) lowest = segment;
  }
  return lowest;
}

std::optional<int64_t> phys_base_by_headers(const Vmcore& vmcore) {
  const auto image = image_range(vmcore.machine());
  const auto segment = image ? image_segment(vmcore, *image) : std::nullopt;
  if (!segment) return std::nullopt;
  return static_cast<int64_t>(segment->range.begin.value() - (segment->vaddr.value() - image->begin));
}

}  // namespace kdump
