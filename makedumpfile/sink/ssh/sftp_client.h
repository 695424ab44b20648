// SPDX-License-Identifier: GPL-2.0-or-later
// The client's side of SFTP, version 3 (draft-ietf-secsh-filexfer-02) with OpenSSH's extensions (its
// PROTOCOL, section 4): what a dump needs of it.
//
// Why not libssh2's: of 1.10 it cannot do posix-rename@openssh.com, does not tell which extensions a server
// has, writes at most 30,000 bytes a request, and forgets what is in flight when a file is written at another
// place. Here a write is sent and its answer looked at later, wherever in the file the next one goes: the
// server handles the requests of one file in their order.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/cursor.h"
#include "makedumpfile/sink/ssh/ssh_channel.h"

namespace kdump {

struct SftpHandle {
  std::string name;  // as the server calls it
  std::string path;  // for messages
};

class SftpClient {
 public:
  // `peer` names the server in errors. ErrorKind::unsupported where the other side does not speak SFTP.
  static Result<std::unique_ptr<SftpClient>> start(std::unique_ptr<ByteChannel> channel, std::string peer);

  // Makes a new file for writing, mode 0600; one that is there already is an error.
  Result<SftpHandle> create(const std::string& path);
  Result<SftpHandle> open_to_read(const std::string& path);
  // Sends the bytes. That the server refused them is told by a later call, at the latest by drain().
  // ErrorKind::no_space where the server's filesystem is full.
  Status write(const SftpHandle& file, uint64_t offset, Bytes data);
  // Until every write is answered.
  Status drain();
  // At most `limit` bytes from the start.
  Result<ByteVector> read(const SftpHandle& file, size_t limit);
  // fsync@openssh.com; false where the server does not offer it.
  Result<bool> sync(const SftpHandle& file);
  Result<uint64_t> size(const SftpHandle& file);
  Status truncate(const SftpHandle& file, uint64_t size);
  Status close(const SftpHandle& file);

  // posix-rename@openssh.com where it is offered; the plain one refuses a `to` that is there.
  Status rename(const std::string& from, const std::string& to);
  // errno_value() is EEXIST where something has that name.
  Status make_directory(const std::string& path, uint32_t mode);
  Status remove(const std::string& path);
  Status remove_directory(const std::string& path);
  Result<bool> exists(const std::string& path);
  // statvfs@openssh.com: bytes that this user may still write below `path`; nothing where it is not offered.
  Result<std::optional<uint64_t>> free_bytes(const std::string& path);

  [[nodiscard]] const std::string& peer() const { return peer_; }

 private:
  struct Reply {
    uint8_t type = 0;
    uint32_t id = 0;
    ByteVector body;  // after the id
  };
  class Packet;

  SftpClient(std::unique_ptr<ByteChannel> channel, std::string peer)
      : channel_(std::move(channel)), peer_(std::move(peer)) {}
  Status greet();
  Status ask_limits();
  [[nodiscard]] bool offers(std::string_view extension, std::string_view version) const;
  Status send(const Packet& packet);
  // Sends a request and waits for its answer, which is of `type` or an error status.
  Result<ByteVector> ask(Packet& packet, uint8_t type, std::string_view doing, const std::string& path);
  Status ask_status(Packet& packet, std::string_view doing, const std::string& path);
  Result<SftpHandle> open(const std::string& path, uint32_t flags);
  Result<std::optional<Reply>> take_reply(bool wait);
  Status take_write_replies(size_t allowed_pending);
  Status refused_write(uint32_t code, std::string_view text);
  [[nodiscard]] Status status_of(Bytes body, std::string_view doing, const std::string& path) const;

  std::unique_ptr<ByteChannel> channel_;
  std::string peer_;
  std::map<std::string, std::string, std::less<>> extensions_;
  uint32_t next_id_ = 1;
  size_t write_size_ = 32768;  // what every server must take (draft 3)
  size_t pending_writes_ = 0;
  std::string written_path_;  // of the writes in flight
  ByteVector outgoing_;
  ByteVector incoming_;
};

}  // namespace kdump
