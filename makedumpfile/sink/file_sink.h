// SPDX-License-Identifier: GPL-2.0-or-later
// A file, or a device by its path.
#pragma once

#include <limits>
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
  // A left-over "<path>-incomplete" of an earlier attempt is replaced. A write or allocation that would leave
  // less than `min_free` bytes of the filesystem for its users (statvfs, f_bavail) finds it full; devices
  // have no such thing.
  static Result<std::unique_ptr<FileSink>> create(const std::string& path, bool overwrite,
                                                  uint64_t min_free = 0);

  Status write_at(uint64_t offset, Bytes data) override;
  Status allocate(uint64_t offset, uint64_t size) override;
  // A network filesystem takes writes into memory and finds the server full later; syncing is dear there.
  [[nodiscard]] bool answers_late() const override { return on_network_; }
  [[nodiscard]] uint64_t settle_every() const override { return uint64_t{128} << 20; }
  Status settle() override;
  Status restart() override;
  Status discard() override;
  Status sync() override;
  Status finish() override;
  void withdraw() override;
  [[nodiscard]] std::string remains() const override;

 private:
  enum class Kind { regular, block_device, character_device };

  FileSink(Kind kind, std::string path, std::string growing, UniqueFd fd, uint64_t min_free)
      : path_(std::move(path)),
        growing_(std::move(growing)),
        fd_(std::move(fd)),
        kind_(kind),
        min_free_(min_free) {}
  static Result<std::unique_ptr<FileSink>> open_special(const std::string& path, mode_t mode);
  static Result<std::unique_ptr<FileSink>> create_regular(const std::string& target, uint64_t min_free);
  Status look_at_room();
  Status check_room(uint64_t end) const;
  Status fill_with_zeros(uint64_t offset, uint64_t size);
  Status start_writeback(uint64_t end);

  std::string path_;
  std::string growing_;  // the name while it grows; path_ itself for a device; empty when discarded
  UniqueFd fd_;
  Kind kind_;
  uint64_t min_free_;
  bool on_network_ = false;
  uint64_t room_ = std::numeric_limits<uint64_t>::max();  // the size at which min_free_ is reached
  uint64_t size_ = 0;                                     // one past the last byte written or allocated
  uint64_t written_back_ = 0;  // the kernel was asked to write everything before this offset
};

}  // namespace kdump
