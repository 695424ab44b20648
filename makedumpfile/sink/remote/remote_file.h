// SPDX-License-Identifier: GPL-2.0-or-later
// A file on a server that can be written anywhere, whatever the protocol: it grows as NAME-incomplete and
// gets its name when the server has it all.
#pragma once

#include <string>

#include "makedumpfile/sink/sink.h"

namespace kdump {

// A new protocol says how each thing is done; errors of a full server are ErrorKind::no_space.
class RemoteFile : public RandomAccess, public Stream {
 public:
  Status write_at(uint64_t offset, Bytes data) final;
  Status write(Bytes data) final { return write_at(size_, data); }
  Status allocate(uint64_t offset, uint64_t size) final;
  [[nodiscard]] bool answers_late() const final { return true; }
  Status settle() final { return drain(); }
  Status restart() final;
  Status discard() final;
  Status finish() final;
  [[nodiscard]] std::string remains() const final { return growing_; }

 protected:
  // `peer` names the server in errors. The caller has made `growing`.
  RemoteFile(std::string peer, std::string path, std::string growing)
      : peer_(std::move(peer)), path_(std::move(path)), growing_(std::move(growing)) {}

 private:
  // Sends the bytes; that the server refused them may be told by any later call, once.
  virtual Status put(uint64_t offset, Bytes data) = 0;
  virtual Status drain() = 0;
  virtual Status truncate(uint64_t size) = 0;
  virtual Result<uint64_t> size_there() = 0;
  virtual Status close() = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;

  std::string peer_;
  std::string path_;
  std::string growing_;  // empty when discarded
  uint64_t size_ = 0;    // one past the last byte written
};

}  // namespace kdump
