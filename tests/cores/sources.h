// SPDX-License-Identifier: GPL-2.0-or-later
// Sound inputs: a core, and dumps of it in every format that is read.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/cores/mutation.h"

namespace kdump::test {

enum class Shape { plain, stream, parts };

struct Source {
  std::string name;
  Shape shape = Shape::plain;
  std::vector<std::unique_ptr<MemoryFile>> files;  // one, but for the parts of a split dump
};

// `scratch` is a directory for files on the way.
Status add_sources(const std::string& name, std::unique_ptr<MemoryFile> elf, const std::string& scratch,
                   std::vector<Source>& sources);

}  // namespace kdump::test
