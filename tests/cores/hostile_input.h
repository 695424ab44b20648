// SPDX-License-Identifier: GPL-2.0-or-later
// An input made wrong: bytes of its files, and which files of a split dump there are.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tests/cores/mutation.h"
#include "tests/cores/sources.h"

namespace kdump::test {

struct HostileInput {
  Shape shape = Shape::plain;
  std::vector<std::unique_ptr<MemoryFile>> files;  // at least one
  std::string what;                                // it is, and what was done to it, in words

  [[nodiscard]] std::vector<std::string> paths() const;
};

// Of one of `sources`, as the dice choose.
HostileInput make_input(std::span<const Source> sources, Dice& dice);

}  // namespace kdump::test
