// SPDX-License-Identifier: GPL-2.0-or-later
// The shared libraries a program needs, found without running it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "initramfs/build/host_tree.h"

namespace kdump::image {

struct Library {
  std::string path;        // in the tree, as the search found it: "/lib/x86_64-linux-gnu/libz.so.1"
  std::string image_path;  // where the loader of the image, which has no ld.so.cache, finds it

  bool operator==(const Library&) const = default;
};

// The dynamic loader and everything DT_NEEDED asks for, recursively, sorted by path; empty for a static
// program. The search is ld.so(8)'s: RUNPATH or RPATH with $ORIGIN, /etc/ld.so.conf, default directories;
// files of another class or machine are passed over. A library that is nowhere is an error that says who
// needs it.
Result<std::vector<Library>> needed_libraries(const HostTree& tree, const std::string& program);

// Whether ld.so looks there by itself: /lib, /usr/lib64, /lib/x86_64-linux-gnu, …
bool is_loader_default(std::string_view directory);

}  // namespace kdump::image
