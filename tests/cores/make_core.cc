// SPDX-License-Identifier: GPL-2.0-or-later
// make_core DESCRIPTION OUTPUT: the ELF core that a text describes (described_core.h), as a sparse file.
#include <fmt/core.h>

#include <cstdio>

#include "common/fd.h"
#include "tests/cores/described_core.h"

static kdump::Status make_core(const std::string& description, const std::string& output) {
  const kdump::test::DescribedCore core = TRY(kdump::test::DescribedCore::of_file(description));
  const kdump::UniqueFd fd = TRY(kdump::open_file(output, O_RDWR | O_CREAT | O_TRUNC, 0600));
  return core.write_elf(fd.get(), output);
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: make_core DESCRIPTION OUTPUT\n");
    return 1;
  }
  const kdump::Status made = make_core(argv[1], argv[2]);
  if (!made) fmt::print(stderr, "{}\n", made.error().message());
  return made ? 0 : 1;
}
