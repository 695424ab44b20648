// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/sftp_client.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "common/endian.h"

namespace kdump {
namespace {

enum Type : uint8_t {
  kInit = 1,
  kVersion = 2,
  kOpen = 3,
  kClose = 4,
  kRead = 5,
  kWrite = 6,
  kFstat = 8,
  kFsetstat = 10,
  kRemove = 13,
  kMkdir = 14,
  kRmdir = 15,
  kStat = 17,
  kRename = 18,
  kStatusReply = 101,
  kHandleReply = 102,
  kDataReply = 103,
  kAttrsReply = 105,
  kExtended = 200,
  kExtendedReply = 201,
};

constexpr uint32_t kOpenRead = 1;
constexpr uint32_t kOpenWrite = 2;
constexpr uint32_t kOpenCreate = 8;
constexpr uint32_t kOpenExclusive = 32;
constexpr uint32_t kAttributeSize = 1;
constexpr uint32_t kAttributePermissions = 4;

constexpr uint32_t kProtocol = 3;
constexpr uint32_t kStatusOk = 0;
constexpr uint32_t kStatusFailure = 4;

struct StatusMeaning {
  uint32_t code;
  int errno_value;
};
// 3 to 8 are version 3's, the rest is of later drafts and sent by some servers all the same.
constexpr StatusMeaning kMeanings[] = {{1, ENODATA}, {2, ENOENT}, {3, EACCES},  {8, ENOSYS},  {10, ENOENT},
                                       {11, EEXIST}, {12, EROFS}, {14, ENOSPC}, {15, EDQUOT}, {19, ENOTDIR}};

// A packet of OpenSSH's server is at most 256 KiB; anything longer is no SFTP (a shell's greeting, for one).
constexpr uint32_t kMaxReply = 262144;
constexpr size_t kMaxPending = 128;
constexpr size_t kMaxWriteSize = 131072;
constexpr uint64_t kNoRoom = uint64_t{1} << 20;

constexpr std::string_view kPosixRename = "posix-rename@openssh.com";
constexpr std::string_view kFsync = "fsync@openssh.com";
constexpr std::string_view kStatvfs = "statvfs@openssh.com";
constexpr std::string_view kLimits = "limits@openssh.com";

int errno_of(uint32_t code) {
  const auto* meaning = std::ranges::find(kMeanings, code, &StatusMeaning::code);
  return meaning == std::end(kMeanings) ? EIO : meaning->errno_value;
}

Result<std::string_view> take_string(Cursor& cursor, std::string_view field) {
  const be32 size = TRY(cursor.read<be32>(field));
  return text_of(TRY(cursor.bytes(size, field)));
}

}  // namespace

class SftpClient::Packet {
 public:
  Packet(ByteVector& buffer, uint8_t type) : buffer_(buffer), start_(buffer.size()) {
    add(be32(0));
    add(type);
  }

  template <typename T>
  Packet& add(const T& value) {
    const Bytes bytes = bytes_of(value);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Packet& u32(uint32_t value) { return add(be32(value)); }
  Packet& u64(uint64_t value) { return add(be64(value)); }
  Packet& string(std::string_view value) { return string(bytes_of(value)); }
  Packet& string(Bytes value) {
    u32(static_cast<uint32_t>(value.size()));
    buffer_.insert(buffer_.end(), value.begin(), value.end());
    return *this;
  }
  // The packet is whole: its length goes in front.
  void close() {
    const be32 size(static_cast<uint32_t>(buffer_.size() - start_ - sizeof(be32)));
    std::memcpy(buffer_.data() + start_, &size, sizeof size);
  }

 private:
  ByteVector& buffer_;
  size_t start_;
};

Result<std::unique_ptr<SftpClient>> SftpClient::start(std::unique_ptr<ByteChannel> channel,
                                                      std::string peer) {
  std::unique_ptr<SftpClient> client(new SftpClient(std::move(channel), std::move(peer)));
  TRY(client->greet());
  TRY(client->ask_limits());
  return client;
}

Status SftpClient::greet() {
  Packet(outgoing_, kInit).u32(kProtocol).close();
  TRY(channel_->write(outgoing_));
  outgoing_.clear();
  Result<std::optional<Reply>> taken = take_reply(true);
  // A subsystem that cannot be started ends at once; a shell's greeting is no packet.
  if (!taken && (taken.error().kind() == ErrorKind::timed_out || taken.error().errno_value() == ECONNRESET))
    return Failure(taken.error());
  if (!taken || !*taken || (*taken)->type != kVersion) {
    return fail(ErrorKind::unsupported, "{}: the server does not speak SFTP{}", peer_,
                taken ? "" : ": " + taken.error().message());
  }
  Cursor cursor((*taken)->body, peer_);
  while (!cursor.at_end()) {
    const std::string_view name = TRY(take_string(cursor, "extension"));
    extensions_.emplace(name, TRY(take_string(cursor, "extension's version")));
  }
  return {};
}

bool SftpClient::offers(std::string_view extension, std::string_view version) const {
  const auto found = extensions_.find(extension);
  return found != extensions_.end() && found->second == version;
}

// Larger writes than every server must take: fewer requests, fewer answers.
Status SftpClient::ask_limits() {
  if (!offers(kLimits, "1")) return {};
  Packet packet(outgoing_, kExtended);
  packet.u32(next_id_).string(kLimits);
  const ByteVector body = TRY(ask(packet, kExtendedReply, "asking for limits", {}));
  Cursor cursor(body, peer_);
  TRY(cursor.skip(2 * sizeof(be64), "max-packet-length, max-read-length"));
  const uint64_t most = TRY(cursor.read<be64>("max-write-length"));
  if (most > write_size_) write_size_ = std::min<uint64_t>(most, kMaxWriteSize);
  return {};
}

// One whole packet from the server; nothing when `wait` is not set and none is there.
Result<std::optional<SftpClient::Reply>> SftpClient::take_reply(bool wait) {
  constexpr size_t kHeader = sizeof(be32) + sizeof(uint8_t) + sizeof(be32);
  size_t needed = kHeader;
  while (true) {
    if (incoming_.size() >= sizeof(be32)) {
      be32 size = 0;
      std::memcpy(&size, incoming_.data(), sizeof size);
      if (size < kHeader - sizeof(be32) || size > kMaxReply)
        return fail(ErrorKind::corrupt, "{}: an SFTP packet of {} bytes, expected 5 to {}", peer_,
                    uint32_t{size}, kMaxReply);
      needed = sizeof(be32) + size;
    }
    if (incoming_.size() >= needed && needed > kHeader - 1) break;
    std::array<std::byte, 8192> chunk{};
    const size_t got = TRY(wait ? channel_->read_some(chunk) : channel_->read_available(chunk));
    if (got == 0 && !wait) return std::optional<Reply>();
    if (got == 0) return fail("{}: the SFTP server ended", peer_);
    incoming_.insert(incoming_.end(), chunk.begin(), chunk.begin() + static_cast<ptrdiff_t>(got));
  }
  Cursor cursor(Bytes(incoming_).first(needed), peer_);
  TRY(cursor.skip(sizeof(be32), "length"));
  Reply reply;
  reply.type = TRY(cursor.read<uint8_t>("type"));
  reply.id = TRY(cursor.read<be32>("id"));
  const Bytes body = TRY(cursor.bytes(cursor.remaining(), "body"));
  reply.body.assign(body.begin(), body.end());
  incoming_.erase(incoming_.begin(), incoming_.begin() + static_cast<ptrdiff_t>(needed));
  return std::optional(std::move(reply));
}

Status SftpClient::status_of(Bytes body, std::string_view doing, const std::string& path) const {
  Cursor cursor(body, peer_);
  const uint32_t code = TRY(cursor.read<be32>("status"));
  if (code == kStatusOk) return {};
  const std::string text(take_string(cursor, "message").value_or(""));
  const int error = errno_of(code);
  const ErrorKind kind = error == ENOSPC || error == EDQUOT ? ErrorKind::no_space : ErrorKind::failure;
  return make_failure(
      kind, error,
      fmt::format("{}: cannot {} {}: {}", peer_, doing, path,
                  code == kStatusFailure ? text + " (SFTP says no more)" : errno_text(error)));
}

Result<ByteVector> SftpClient::ask(Packet& packet, uint8_t type, std::string_view doing,
                                   const std::string& path) {
  packet.close();
  const uint32_t id = next_id_++;
  const Status sent = channel_->write(outgoing_);
  outgoing_.clear();
  TRY(sent);
  TRY(take_write_replies(0));
  std::optional<Reply> reply = TRY(take_reply(true));
  if (reply->id != id)
    return fail(ErrorKind::corrupt, "{}: an answer to SFTP request {}, expected {}", peer_, reply->id, id);
  if (reply->type == type) return std::move(reply->body);
  if (reply->type != kStatusReply)
    return fail(ErrorKind::corrupt, "{}: an SFTP answer of type {}, expected {}", peer_, reply->type, type);
  TRY(status_of(reply->body, doing, path));
  return fail(ErrorKind::corrupt, "{}: the server says it did {} {}, and does not answer", peer_, doing,
              path);
}

Status SftpClient::ask_status(Packet& packet, std::string_view doing, const std::string& path) {
  const ByteVector body = TRY(ask(packet, kStatusReply, doing, path));
  return status_of(body, doing, path);
}

Result<SftpHandle> SftpClient::open(const std::string& path, uint32_t flags) {
  Packet packet(outgoing_, kOpen);
  packet.u32(next_id_).string(path).u32(flags).u32(kAttributePermissions).u32(0600);
  const ByteVector body =
      TRY(ask(packet, kHandleReply, (flags & kOpenCreate) != 0 ? "create" : "open", path));
  Cursor cursor(body, peer_);
  return SftpHandle{std::string(TRY(take_string(cursor, "handle"))), path};
}

Result<SftpHandle> SftpClient::create(const std::string& path) {
  return open(path, kOpenWrite | kOpenCreate | kOpenExclusive);
}

Result<SftpHandle> SftpClient::open_to_read(const std::string& path) { return open(path, kOpenRead); }

Status SftpClient::write(const SftpHandle& file, uint64_t offset, Bytes data) {
  written_path_ = file.path;
  while (!data.empty()) {
    const Bytes part = data.first(std::min(data.size(), write_size_));
    TRY(take_write_replies(kMaxPending - 1));
    outgoing_.reserve(write_size_ + 256);
    Packet(outgoing_, kWrite).u32(next_id_++).string(file.name).u64(offset).string(part).close();
    ++pending_writes_;
    const Status sent = channel_->write(outgoing_);
    outgoing_.clear();
    TRY(sent);
    data = data.subspan(part.size());
    offset += part.size();
  }
  return take_write_replies(kMaxPending);
}

Status SftpClient::drain() { return take_write_replies(0); }

// Takes the answers that are there, and waits for more while over `allowed_pending` are missing.
Status SftpClient::take_write_replies(size_t allowed_pending) {
  while (pending_writes_ > 0) {
    const std::optional<Reply> reply = TRY(take_reply(pending_writes_ > allowed_pending));
    if (!reply) return {};
    if (reply->type != kStatusReply)
      return fail(ErrorKind::corrupt, "{}: an SFTP answer of type {} to a write", peer_, reply->type);
    --pending_writes_;
    Cursor cursor(reply->body, peer_);
    const uint32_t code = TRY(cursor.read<be32>("status"));
    if (code != kStatusOk) return refused_write(code, take_string(cursor, "message").value_or(""));
  }
  return {};
}

// Version 3 has no status for a full disk, so the filesystem is asked.
Status SftpClient::refused_write(uint32_t code, std::string_view text) {
  // Only the first refusal is told; the others would say the same.
  for (; pending_writes_ > 0; --pending_writes_) {
    if (!take_reply(true)) break;
  }
  const std::string path = written_path_;
  const int error = errno_of(code);
  if (code != kStatusFailure) return fail_errno(error, "{}: cannot write {}", peer_, path);
  const auto free = free_bytes(path);
  if (free && *free && **free < kNoRoom) return fail_errno(ENOSPC, "{}: cannot write {}", peer_, path);
  return make_failure(ErrorKind::failure, EIO, fmt::format("{}: cannot write {}: {}", peer_, path, text));
}

Result<ByteVector> SftpClient::read(const SftpHandle& file, size_t limit) {
  ByteVector content;
  while (content.size() < limit) {
    Packet packet(outgoing_, kRead);
    packet.u32(next_id_).string(file.name).u64(content.size());
    packet.u32(static_cast<uint32_t>(std::min<size_t>(limit - content.size(), 32768)));
    const Result<ByteVector> body = ask(packet, kDataReply, "read", file.path);
    if (!body && body.error().errno_value() == ENODATA) return content;
    if (!body) return Failure(body.error());
    Cursor cursor(*body, peer_);
    const Bytes part = bytes_of(TRY(take_string(cursor, "data")));
    if (part.empty()) return content;
    content.insert(content.end(), part.begin(), part.end());
  }
  return content;
}

Result<bool> SftpClient::sync(const SftpHandle& file) {
  TRY(drain());
  if (!offers(kFsync, "1")) return false;
  Packet packet(outgoing_, kExtended);
  packet.u32(next_id_).string(kFsync).string(file.name);
  TRY(ask_status(packet, "sync", file.path));
  return true;
}

Result<uint64_t> SftpClient::size(const SftpHandle& file) {
  Packet packet(outgoing_, kFstat);
  packet.u32(next_id_).string(file.name);
  const ByteVector body = TRY(ask(packet, kAttrsReply, "look at", file.path));
  Cursor cursor(body, peer_);
  const uint32_t flags = TRY(cursor.read<be32>("attributes"));
  if ((flags & kAttributeSize) == 0)
    return fail("{}: the server does not tell the size of {}", peer_, file.path);
  return uint64_t{TRY(cursor.read<be64>("size"))};
}

Status SftpClient::truncate(const SftpHandle& file, uint64_t size) {
  TRY(drain());
  Packet packet(outgoing_, kFsetstat);
  packet.u32(next_id_).string(file.name).u32(kAttributeSize).u64(size);
  return ask_status(packet, "cut off", file.path);
}

Status SftpClient::close(const SftpHandle& file) {
  TRY(drain());
  Packet packet(outgoing_, kClose);
  packet.u32(next_id_).string(file.name);
  return ask_status(packet, "close", file.path);
}

Status SftpClient::rename(const std::string& from, const std::string& to) {
  const bool posix = offers(kPosixRename, "1");
  Packet packet(outgoing_, posix ? kExtended : kRename);
  packet.u32(next_id_);
  if (posix) packet.string(kPosixRename);
  packet.string(from).string(to);
  return with_context(ask_status(packet, "rename", from), "to {}", to);
}

Status SftpClient::make_directory(const std::string& path, uint32_t mode) {
  Packet packet(outgoing_, kMkdir);
  packet.u32(next_id_).string(path).u32(kAttributePermissions).u32(mode);
  Status made = ask_status(packet, "create", path);
  if (made || made.error().errno_value() != EIO) return made;
  // OpenSSH says no more than "Failure" for a name that is taken.
  if (TRY(exists(path))) return make_failure(ErrorKind::failure, EEXIST, path + ": " + errno_text(EEXIST));
  return made;
}

Status SftpClient::remove(const std::string& path) {
  Packet packet(outgoing_, kRemove);
  packet.u32(next_id_).string(path);
  return ask_status(packet, "remove", path);
}

Status SftpClient::remove_directory(const std::string& path) {
  Packet packet(outgoing_, kRmdir);
  packet.u32(next_id_).string(path);
  return ask_status(packet, "remove", path);
}

Result<bool> SftpClient::exists(const std::string& path) {
  Packet packet(outgoing_, kStat);
  packet.u32(next_id_).string(path);
  const Result<ByteVector> body = ask(packet, kAttrsReply, "look at", path);
  if (body) return true;
  if (body.error().errno_value() == ENOENT) return false;
  return Failure(body.error());
}

Result<std::optional<uint64_t>> SftpClient::free_bytes(const std::string& path) {
  if (!offers(kStatvfs, "2")) return std::optional<uint64_t>();
  Packet packet(outgoing_, kExtended);
  packet.u32(next_id_).string(kStatvfs).string(path);
  const ByteVector body = TRY(ask(packet, kExtendedReply, "ask for the space of", path));
  Cursor cursor(body, peer_);
  TRY(cursor.skip(sizeof(be64), "f_bsize"));
  const uint64_t fragment = TRY(cursor.read<be64>("f_frsize"));
  TRY(cursor.skip(2 * sizeof(be64), "f_blocks, f_bfree"));
  return std::optional(fragment * uint64_t{TRY(cursor.read<be64>("f_bavail"))});
}

}  // namespace kdump
