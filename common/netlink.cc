// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/netlink.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace kdump::netlink {
namespace {

constexpr size_t kAlignment = 4;  // NLMSG_ALIGNTO, NLA_ALIGNTO

constexpr uint16_t kTypeMask = 0x3fff;  // NLA_TYPE_MASK

constexpr size_t aligned(size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

template <typename T>
T object_at(Bytes bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

void append_bytes(ByteVector& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

Status set_option(int fd, int level, int option, const auto& value, const char* name) {
  if (setsockopt(fd, level, option, &value, sizeof value) == 0) return {};
  return fail_errno(errno, "netlink socket: {}", name);
}

}  // namespace

void Request::append(Bytes bytes) {
  append_bytes(body_, bytes);
  body_.resize(aligned(body_.size()));
}

Request& Request::add(uint16_t attribute, Bytes value) {
  const nlattr header{.nla_len = static_cast<uint16_t>(sizeof(nlattr) + value.size()), .nla_type = attribute};
  append(bytes_of(header));
  append(value);
  return *this;
}

ByteVector Request::encode(uint32_t sequence) const {
  const nlmsghdr header{.nlmsg_len = static_cast<uint32_t>(sizeof(nlmsghdr) + body_.size()),
                        .nlmsg_type = type_,
                        .nlmsg_flags = static_cast<uint16_t>(flags_ | NLM_F_REQUEST | NLM_F_ACK),
                        .nlmsg_seq = sequence,
                        .nlmsg_pid = 0};
  ByteVector message;
  append_bytes(message, bytes_of(header));
  append_bytes(message, body_);
  return message;
}

Result<std::vector<Message>> parse_messages(Bytes datagram) {
  std::vector<Message> messages;
  while (!datagram.empty()) {
    if (datagram.size() < sizeof(nlmsghdr))
      return fail(ErrorKind::corrupt, "netlink: {} bytes after the last message", datagram.size());
    const auto header = object_at<nlmsghdr>(datagram);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size())
      return fail(ErrorKind::corrupt, "netlink: a message of {} bytes in {}", header.nlmsg_len,
                  datagram.size());
    const Bytes body = datagram.subspan(sizeof header, header.nlmsg_len - sizeof header);
    messages.push_back({.type = header.nlmsg_type,
                        .flags = header.nlmsg_flags,
                        .sequence = header.nlmsg_seq,
                        .body = {body.begin(), body.end()}});
    datagram = datagram.subspan(std::min(aligned(header.nlmsg_len), datagram.size()));
  }
  return messages;
}

Result<Attributes> Attributes::parse(Bytes bytes) {
  Attributes attributes;
  while (bytes.size() >= sizeof(nlattr)) {
    const auto header = object_at<nlattr>(bytes);
    if (header.nla_len < sizeof header || header.nla_len > bytes.size())
      return fail(ErrorKind::corrupt, "netlink: an attribute of {} bytes in {}", header.nla_len,
                  bytes.size());
    attributes.found_[header.nla_type & kTypeMask] =
        bytes.subspan(sizeof header, header.nla_len - sizeof header);
    bytes = bytes.subspan(std::min(aligned(header.nla_len), bytes.size()));
  }
  return attributes;
}

std::optional<Bytes> Attributes::find(uint16_t type) const {
  const auto found = found_.find(type);
  if (found == found_.end()) return std::nullopt;
  return found->second;
}

std::optional<uint32_t> Attributes::number(uint16_t type) const {
  const auto bytes = find(type);
  if (!bytes || bytes->size() != sizeof(uint32_t)) return std::nullopt;
  return object_at<uint32_t>(*bytes);
}

std::string Attributes::text(uint16_t type) const {
  const auto bytes = find(type);
  if (!bytes) return {};
  const std::string_view text = text_of(*bytes);
  return std::string(text.substr(0, text.find('\0')));
}

Attributes Attributes::nested(uint16_t type) const {
  const auto bytes = find(type);
  return bytes ? parse(*bytes).value_or(Attributes()) : Attributes();
}

// Kernel: net/netlink/af_netlink.c, netlink_ack: with NLM_F_CAPPED the request's header alone is repeated,
// and NLM_F_ACK_TLVS says that attributes follow.
Status parse_verdict(const Message& message) {
  if (message.body.size() < sizeof(nlmsgerr)) return fail(ErrorKind::corrupt, "netlink: a verdict cut short");
  const auto verdict = object_at<nlmsgerr>(message.body);
  if (verdict.error == 0) return {};
  std::string sentence;
  if ((message.flags & NLM_F_ACK_TLVS) != 0) {
    size_t where = sizeof(nlmsgerr);
    if ((message.flags & NLM_F_CAPPED) == 0) where += aligned(verdict.msg.nlmsg_len) - sizeof(nlmsghdr);
    if (where <= message.body.size())
      sentence = Attributes::parse(Bytes(message.body).subspan(where))
                     .value_or(Attributes())
                     .text(NLMSGERR_ATTR_MSG);
  }
  if (sentence.empty()) return fail_errno(-verdict.error, "kernel");
  return fail_errno(-verdict.error, "kernel: {}", sentence);
}

Result<Socket> Socket::open(std::chrono::milliseconds patience) {
  UniqueFd fd(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!fd) return fail_errno(errno, "cannot open a netlink socket");
  const auto microseconds = std::chrono::microseconds(patience).count();
  const timeval timeout{.tv_sec = microseconds / 1'000'000, .tv_usec = microseconds % 1'000'000};
  TRY(set_option(fd.get(), SOL_SOCKET, SO_RCVTIMEO, timeout, "receive timeout"));
  const int on = 1;
  TRY(set_option(fd.get(), SOL_NETLINK, NETLINK_CAP_ACK, on, "short verdicts"));
  TRY(set_option(fd.get(), SOL_NETLINK, NETLINK_EXT_ACK, on, "verdicts in words"));
  return Socket(std::move(fd));
}

Result<ByteVector> Socket::receive() const {
  const auto receive_with = [&](MutableBytes buffer, int flags) {
    ssize_t size = -1;
    do size = recv(fd_.get(), buffer.data(), buffer.size(), flags);
    while (size < 0 && errno == EINTR);
    return size;
  };
  const ssize_t size = receive_with({}, MSG_PEEK | MSG_TRUNC);
  if (size < 0 && errno == EAGAIN) return fail(ErrorKind::timed_out, "netlink: no answer");
  if (size < 0) return fail_errno(errno, "netlink: no answer");
  ByteVector datagram(static_cast<size_t>(size));
  if (receive_with(datagram, 0) != size) return fail_errno(errno, "netlink: the answer went away");
  return datagram;
}

Result<bool> Socket::take(Message message, uint32_t sequence, std::vector<Message>& answer) {
  if (message.sequence != sequence) return false;  // of a request that was given up
  if (message.type == NLMSG_DONE) return true;
  if (message.type == NLMSG_ERROR) {
    TRY(parse_verdict(message));
    return true;
  }
  answer.push_back(std::move(message));
  return false;
}

Result<std::vector<Message>> Socket::ask(const Request& request) {
  const uint32_t sequence = ++sequence_;
  const ByteVector encoded = request.encode(sequence);
  if (send(fd_.get(), encoded.data(), encoded.size(), 0) < 0)
    return fail_errno(errno, "netlink: cannot send a request");
  std::vector<Message> answer;
  bool complete = false;
  while (!complete) {
    const ByteVector datagram = TRY(receive());
    std::vector<Message> messages = TRY(parse_messages(datagram));
    for (Message& message : messages) complete = TRY(take(std::move(message), sequence, answer)) || complete;
  }
  return answer;
}

}  // namespace kdump::netlink
