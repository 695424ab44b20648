// SPDX-License-Identifier: GPL-2.0-or-later
// Where the data of pages lies in a file, to find stretches that are claimed twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace kdump {

class DataExtents {
 public:
  struct Extent {
    uint64_t begin, end;  // offsets, bytes
  };

  // Data that follows what was added before becomes one stretch with it, so that a file in good order is one,
  // and one whose most needed pages come first has two.
  void add(uint64_t offset, uint64_t size);
  // The first stretch, in the order of the file, that two claim. Nothing can be added behind it.
  [[nodiscard]] std::optional<Extent> overlap();
  // There were more stretches than are kept (2 MiB of them): the first ones are known
  // alone.
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  std::vector<Extent> extents_;
  bool overflowed_ = false;
};

}  // namespace kdump
