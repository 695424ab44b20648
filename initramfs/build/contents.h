// SPDX-License-Identifier: GPL-2.0-or-later
// What goes into an image, before anything is read or written.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "common/error.h"
#include "initramfs/build/host_tree.h"
#include "initramfs/build/image.h"

namespace kdump::image {

struct ImageFile {
  std::string image_path;
  std::string source;  // in the host's tree
  mode_t mode;
  bool is_module;              // goes in decompressed
  bool is_compressed = false;  // so does this, whatever it is
};

struct Contents {
  std::vector<ImageFile> files;
  std::vector<std::string> modules;  // names in load order
  std::vector<std::string> warnings;
  plan::Plan plan;  // complete
};

// Walks the device, resolves modules and libraries, completes the plan. The same host gives the same answer,
// which is why a rebuild is decided by asking again.
Result<Contents> gather_contents(const HostTree& tree, const Request& request);

}  // namespace kdump::image
