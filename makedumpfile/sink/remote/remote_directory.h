// SPDX-License-Identifier: GPL-2.0-or-later
// The directory of one dump on a server, whatever the protocol: what the step lists need to know of SSH and
// NFS targets.
//
// A connection carries one file at a time: open the next when the one before is finished or given up.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "makedumpfile/sink/sink.h"

namespace kdump {

class RemoteDirectory {
 public:
  virtual ~RemoteDirectory() = default;

  // Where it lies on the server.
  [[nodiscard]] virtual const std::string& path() const = 0;
  // A file that grows as NAME-incomplete (mode 0600) and has its name when finish() was right.
  // ErrorKind::unsupported where the protocol only takes one byte after the other.
  virtual Result<std::unique_ptr<RandomAccess>> create(const std::string& name) = 0;
  // The same as a stream. `size` is the number of bytes that will come; ErrorKind::unsupported where the
  // protocol needs it and it is not given.
  virtual Result<std::unique_ptr<Stream>> create_stream(const std::string& name,
                                                        std::optional<uint64_t> size) = 0;
  // At most `limit` bytes from the start of a file.
  virtual Result<ByteVector> read(const std::string& name, size_t limit) = 0;
  virtual Status remove(const std::string& name) = 0;
  // The directory itself, which must be empty.
  virtual Status remove_itself() = 0;
  // Bytes that may still be written; nothing where the server does not tell.
  virtual Result<std::optional<uint64_t>> free_bytes() = 0;
  // For long times in which nothing is written.
  virtual Status keep_alive() { return {}; }
};

// A small file, whole or not at all.
Status put_file(RemoteDirectory& directory, const std::string& name, Bytes content);

// Proves that a dump can be saved there: writes a file, makes it durable, reads it back, compares, removes
// it.
Status prove(RemoteDirectory& directory);

// "-incomplete", until a file is whole.
inline constexpr std::string_view kRemoteIncomplete = "-incomplete";
// How often a name that is taken gets another number behind it.
inline constexpr int kMaxRemoteCollisions = 1000;
// `name`, or "name-2", "name-3" … for attempts after the first.
std::string numbered_name(const std::string& name, int attempt);

}  // namespace kdump
