// SPDX-License-Identifier: GPL-2.0-or-later
// A stream into an open file descriptor: standard output, a pipe, a socket, a raw device.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "makedumpfile/sink/sink.h"

namespace kdump {

class FdStream : public Stream {
 public:
  // The descriptor stays the caller's. `name` is for errors ("standard output").
  FdStream(int fd, std::string name);

  Status write(Bytes data) override;
  // Where the descriptor was when the stream was made; only a file or a block device goes back there.
  Status restart() override;
  // fsync of a file or a block device; nothing else has anything to sync.
  Status finish() override;

 private:
  std::string name_;
  int fd_;
  bool on_disk_ = false;
  std::optional<off_t> start_;  // of a file that can be cut off, or of a block device
};

}  // namespace kdump
