// SPDX-License-Identifier: GPL-2.0-or-later
// Where the kernel's image was, as the dump's program headers tell it.
#pragma once

#include <optional>

#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

// Where a kernel's image is linked and runs: a virtual address there lies at itself - begin + phys_base.
struct ImageRange {
  uint64_t begin;
  uint64_t size;

  [[nodiscard]] bool holds(uint64_t addr) const { return addr >= begin && addr - begin < size; }
};

// Errors: the architecture is not known.
Result<ImageRange> image_range(uint16_t machine);
// The lowest mapping in the image's range: the image itself, modules come after it.
std::optional<VirtualSegment> image_segment(const Vmcore& vmcore, const ImageRange& image);
// phys_base by that mapping: what kernels before 401721ecd1dc (4.10) do not tell.
std::optional<int64_t> phys_base_by_headers(const Vmcore& vmcore);

}  // namespace kdump
