// SPDX-License-Identifier: GPL-2.0-or-later
// The files of a split dump (makedumpfile --split) as one: each has all of the headers and bitmaps, and the
// descriptors and data of its own pages.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "makedumpfile/vmcore/kdump_file.h"

namespace kdump {

class SplitSet final : public Vmcore {
 public:
  // The parts in any order. Errors name the one that is wrong: it is not of a split dump, of another dump
  // (headers, notes or bitmaps differ), holds pages that another has, or is not there (then its neighbour and
  // the missing pages are named, and the error is ErrorKind::failure; all others are ErrorKind::mismatch).
  static Result<std::unique_ptr<SplitSet>> join(std::vector<std::unique_ptr<KdumpFile>> parts);
  // The same, from paths. Flattened files are welcome.
  static Result<std::unique_ptr<SplitSet>> open(std::span<const std::string> paths,
                                                const OpenOptions& options = {});

  // In the order of their pages. All have the same headers but for KdumpHeaders::part and the notes' places.
  [[nodiscard]] std::span<const std::unique_ptr<KdumpFile>> parts() const { return parts_; }

  [[nodiscard]] const std::string& name() const override { return parts_.front()->name(); }
  [[nodiscard]] uint16_t machine() const override { return parts_.front()->machine(); }
  [[nodiscard]] const MemoryMap& memory_map() const override { return parts_.front()->memory_map(); }
  [[nodiscard]] const Notes& notes() const override { return parts_.front()->notes(); }
  [[nodiscard]] std::string_view erase_info() const override { return erase_info_; }
  [[nodiscard]] const EarlierDump* earlier() const override { return &earlier_; }
  [[nodiscard]] Result<std::vector<PfnRange>> excluded_earlier(PfnRange window,
                                                               unsigned page_shift) const override {
    return parts_.front()->excluded_earlier(window, page_shift);
  }
  Status read(PhysAddr addr, MutableBytes out) const override;

 private:
  explicit SplitSet(std::vector<std::unique_ptr<KdumpFile>> parts);

  std::vector<std::unique_ptr<KdumpFile>> parts_;
  EarlierDump earlier_;
  std::string erase_info_;
};

}  // namespace kdump
