// SPDX-License-Identifier: GPL-2.0-or-later
// A file, or a device by its path.
#pragma once

#include <memory>
#include <string>

#include "common/fd.h"
#include "makedumpfile/sink/sink.h"

namespace kdump {

// A regular file grows as "<path>-incomplete" (mode 0600); finish() syncs it, renames it and syncs the
// directory. Anything else that exists under the path (block and character devices) is written in place.
class FileSink : public RandomAccess {
 public:
  // An error for an existing output without `overwrite`, before any work is done ("File exists").
  static Status check(const std::string& path, bool overwrite);
  // A left-over "<path>-incomplete" of an earlier attempt is replaced.
  static Result<std::unique_ptr<FileSink>> create(const std::string& path, bool overwrite);

  Status write_at(uint64_t offset, Bytes data) override;
  Status allocate(uint64_t offset, uint64_t size) override;
  Status sync() override;
  Status finish() override;
  [[nodiscard]] std::string remains() const override;

 private:
  enum class Kind { regular, block_device, character_device };

  FileSink(Kind kind, std::string path, std::string growing, UniqueFd fd)
      : path_(std::move(path)), growing_(std::move(growing)), fd_(std::move(fd)), kind_(kind) {}
  static Result<std::unique_ptr<FileSink>> open_special(const std::string& path, mode_t mode);
  static Result<std::unique_ptr<FileSink>> create_regular(const std::string& target);
  Status fill_with_zeros(uint64_t offset, uint64_t size);
  void start_writeback(uint64_t offset, uint64_t size);

  std::string path_;
  std::string growing_;  // the name while it grows; path_ itself for a device
  UniqueFd fd_;
  Kind kind_;
  uint64_t written_back_ = 0;  // the kernel was asked to write everything before this offset
};

}  // namespace kdump
