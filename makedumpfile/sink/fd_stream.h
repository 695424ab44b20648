// SPDX-License-Identifier: GPL-2.0-or-later
// A stream into an open file descriptor: standard output, a pipe, a socket, a raw device.
#pragma once

#include <string>

#include "makedumpfile/sink/sink.h"

namespace kdump {

class FdStream : public Stream {
 public:
  // The descriptor stays the caller's. `name` is for errors ("standard output").
  FdStream(int fd, std::string name);

  Status write(Bytes data) override;
  // fsync where the descriptor has something to sync.
  Status finish() override;

 private:
  std::string name_;
  int fd_;
};

}  // namespace kdump
