// SPDX-License-Identifier: GPL-2.0-or-later
// A dump that is looked at, not made another of: one file of a split dump is welcome, too.
#pragma once

#include <memory>
#include <string>

#include "makedumpfile/vmcore/kdump_file.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {

struct DumpFile {
  std::string path;
  bool flattened = false;   // it is the stream of a file
  bool incomplete = false;  // marked so by the program that wrote it
  uint64_t bytes = 0;       // of the file, or of the one that the stream stands for
  unsigned page_shift = 12;
  std::unique_ptr<Vmcore> vmcore;
  const KdumpFile* kdump = nullptr;  // vmcore, where the file is kdump-compressed; else it is an ELF core

  // Pages of `window` that are in the file, ascending: for a kdump-compressed file those of its part with a
  // descriptor.
  [[nodiscard]] Result<std::vector<PfnRange>> stored(PfnRange window) const;
  // How many pages to ask stored() for at once: all of an ELF core's, whose headers may tell of any number of
  // them, but of a bitmap a piece.
  [[nodiscard]] uint64_t window() const;
  // One past the highest page.
  [[nodiscard]] Pfn max_pfn() const;
};

Result<DumpFile> open_dump_file(const std::string& path, const OpenOptions& options = {});

}  // namespace kdump
