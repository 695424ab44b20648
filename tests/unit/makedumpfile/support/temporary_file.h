// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "common/fd.h"

namespace kdump::test {

// A file that goes with the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(Bytes content) {
    const UniqueFd fd(mkstemp(path_.data()));
    EXPECT_TRUE(fd.valid() && write_all(fd.get(), content));
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { unlink(path_.c_str()); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = ::testing::TempDir() + "dump.XXXXXX";
};

}  // namespace kdump::test
