// SPDX-License-Identifier: GPL-2.0-or-later
// Bytes to and from something that runs on a server: a command, or its SFTP subsystem.
#pragma once

#include <string>

#include "common/bytes.h"
#include "common/error.h"

namespace kdump {

class ByteChannel {
 public:
  virtual ~ByteChannel() = default;

  // Everything goes out, or an error. ErrorKind::timed_out when nothing moves for the stall timeout.
  virtual Status write(Bytes data) = 0;
  // What has arrived, without waiting; 0 bytes when nothing is there.
  virtual Result<size_t> read_available(MutableBytes out) = 0;
  // Waits for at least one byte; 0 bytes at the end.
  virtual Result<size_t> read_some(MutableBytes out) = 0;
};

// Fills `out`; an end before that is an error which names `what`.
Status read_exactly(ByteChannel& channel, MutableBytes out, std::string_view what);

// How a remote command ended and what it said.
struct RemoteExit {
  int status = 0;
  std::string signal;     // the name of the signal that ended it ("KILL"), or empty
  std::string output;     // standard output, at most 64 KiB
  std::string complaint;  // the first lines of standard error

  [[nodiscard]] bool succeeded() const { return status == 0 && signal.empty(); }
  // "exited with status 1: cat: write error: no space left on device"
  [[nodiscard]] std::string describe() const;
};

class SshChannel : public ByteChannel {
 public:
  // No more will be written; what the command still says is collected until it ends.
  virtual Result<RemoteExit> finish() = 0;
};

}  // namespace kdump
