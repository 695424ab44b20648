// SPDX-License-Identifier: GPL-2.0-or-later
// An NFS export in user space, by libnfs: no kernel module, no mount, and no wait that does not end. Who
// writes is root (AUTH_SYS, uid and gid 0).
//
// A lost connection is an error and not mended: what was written and not committed may be gone on a server
// that came back, and libnfs does not compare the write verifiers (RFC 1813 3.3.21) that would tell.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/bytes.h"
#include "common/error.h"
#include "makedumpfile/sink/nfs/nfs_target.h"

namespace kdump {

// Whether the libnfs that this was built with writes by that version of the protocol; otherwise
// ErrorKind::unsupported with the reason, and the kernel's client is the way.
Status check_nfs_version(int version);

class NfsClient {
 public:
  // An open file. Closed without a word when it goes; close() says whether it went well.
  class File {
   public:
    virtual ~File() = default;
    // Takes the bytes and sends them; several writes are on their way at a time, but never two that overlap.
    // That the server refused one is told by a later call, once, at the latest by sync().
    virtual Status write(uint64_t offset, Bytes data) = 0;
    // Until every write is answered.
    virtual Status drain() = 0;
    // Every write answered, and committed (COMMIT): durable on the server.
    virtual Status sync() = 0;
    virtual Status truncate(uint64_t size) = 0;
    virtual Result<uint64_t> size() = 0;
    virtual Result<ByteVector> read(size_t limit) = 0;
    virtual Status close() = 0;
  };

  // Mounted: the export is there and root may look at it. Errors say what was refused and what to do.
  static Result<std::unique_ptr<NfsClient>> mount(const NfsTarget& target);
  virtual ~NfsClient() = default;

  // Paths start at the export. Errors have the errno that the server's status stands for.
  virtual Result<std::unique_ptr<File>> create(const std::string& path) = 0;
  virtual Result<std::unique_ptr<File>> open_to_read(const std::string& path) = 0;
  virtual Status make_directory(const std::string& path, int mode) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  virtual Status remove_directory(const std::string& path) = 0;
  virtual Result<bool> is_directory(const std::string& path) = 0;
  virtual Result<uint64_t> free_bytes() = 0;
  // "192.0.2.7:/srv/crash", for messages.
  [[nodiscard]] virtual const std::string& peer() const = 0;
  // The literal address of this side of the connection.
  [[nodiscard]] virtual std::string local_address() const = 0;
};

}  // namespace kdump
