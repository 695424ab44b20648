// SPDX-License-Identifier: GPL-2.0-or-later
// A bare device that takes a dump, and what is on it (common/layout/raw_device.h).
//
// A device that holds a filesystem or a whole dump is never written to but by forget() and
// forget_attachments().
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/fd.h"
#include "common/layout/raw_device.h"
#include "makedumpfile/sink/sink.h"

namespace kdump {

enum class RawDump { none, incomplete, whole };

// A small file beside the dump.
struct RawAttachment {
  std::string directory;  // of its crash
  std::string name;
  uint64_t offset = 0;  // of the content, bytes from the start of the device
  uint64_t size = 0;
  uint32_t crc = 0;  // of the content
};

class RawDevice {
 public:
  // A block device, or a regular file of its size. An error when it is too small, or used by something else
  // (mounted, part of a RAID).
  static Result<RawDevice> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  // What a stream may take, bytes from the start of the device.
  [[nodiscard]] uint64_t stream_limit() const { return usable_ - raw_device::attachment_bytes(usable_); }

  // What the start block says; a stream of other programs is `whole` too.
  [[nodiscard]] Result<RawDump> dump() const;
  // Those of the last crash; headers that are damaged end them.
  [[nodiscard]] Result<std::vector<RawAttachment>> attachments() const;
  // The content, after a look at its checksum; a file of more than `limit` bytes is an error.
  [[nodiscard]] Result<ByteVector> read(const RawAttachment& attachment, uint64_t limit) const;

  // For the dump of a new crash, whose files will be in `directory`: forgets what is left of an incomplete
  // one. An error for a filesystem and for a whole dump.
  Status begin(const std::string& directory);
  // Goes on behind the attachments that another process of the same crash has made.
  Status resume(const std::string& directory);
  // After begin or resume, in a device that outlives them, one at a time:
  Result<std::unique_ptr<Stream>> create_dump();
  Result<std::unique_ptr<Stream>> create_attachment(const std::string& name);
  Status put_attachment(const std::string& name, Bytes content);

  // Makes the dump and the attachments invisible, for good and synced: the first block of each is zeros then.
  Status forget();
  // The attachments alone.
  Status forget_attachments();

 private:
  friend class RawAttachmentStream;

  RawDevice(std::string path, UniqueFd fd, uint64_t usable)
      : path_(std::move(path)), fd_(std::move(fd)), usable_(usable) {}
  [[nodiscard]] Status refuse_signature() const;
  Status zero_block(uint64_t offset);
  Status sync();

  std::string path_;
  UniqueFd fd_;
  uint64_t usable_;  // whole blocks, bytes
  std::string directory_;
  uint64_t next_ = 0;  // where the next attachment's header goes
};

}  // namespace kdump
