// SPDX-License-Identifier: GPL-2.0-or-later
// Questions to the kernel's routing tables and interfaces over NETLINK_ROUTE: what both the running system
// and the static PID 1 of the capture kernel need, which is too little for a library.
// Kernel: Documentation/userspace-api/netlink/intro.rst, include/uapi/linux/{netlink,rtnetlink}.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "common/bytes.h"
#include "common/error.h"
#include "common/fd.h"

namespace kdump::netlink {

// One request: the header, the fixed part of its type (rtmsg, ifinfomsg, …) and attributes.
class Request {
 public:
  template <typename Fixed>
    requires std::is_trivially_copyable_v<Fixed>
  Request(uint16_t type, uint16_t flags, const Fixed& fixed) : type_(type), flags_(flags) {
    append(bytes_of(fixed));
  }

  Request& add(uint16_t attribute, Bytes value);
  Request& add(uint16_t attribute, uint32_t value) { return add(attribute, bytes_of(value)); }

  // The whole message as it is sent.
  [[nodiscard]] ByteVector encode(uint32_t sequence) const;

 private:
  void append(Bytes bytes);  // padded to the next multiple of 4

  uint16_t type_;
  uint16_t flags_;
  ByteVector body_;
};

// One message of an answer.
struct Message {
  uint16_t type = 0;
  uint16_t flags = 0;
  uint32_t sequence = 0;
  ByteVector body;  // fixed part and attributes
};

// The messages of one datagram; ErrorKind::corrupt for lengths that do not fit.
Result<std::vector<Message>> parse_messages(Bytes datagram);

// Attributes by type, with the nesting and byte-order flags of the type left out; of two with the same type
// the last counts.
class Attributes {
 public:
  static Result<Attributes> parse(Bytes bytes);

  [[nodiscard]] std::optional<Bytes> find(uint16_t type) const;
  [[nodiscard]] std::optional<uint32_t> number(uint16_t type) const;
  [[nodiscard]] std::string text(uint16_t type) const;   // up to its NUL; empty when it is not there
  [[nodiscard]] Attributes nested(uint16_t type) const;  // none when it is not there or makes no sense

 private:
  std::map<uint16_t, Bytes> found_;
};

// A message's fixed part and its attributes, which point into the message.
template <typename Fixed>
struct Parsed {
  Fixed fixed{};
  Attributes attributes;
};

template <typename Fixed>
Result<Parsed<Fixed>> parse_body(const Message& message) {
  constexpr size_t aligned = (sizeof(Fixed) + 3) / 4 * 4;
  if (message.body.size() < sizeof(Fixed))
    return fail(ErrorKind::corrupt, "netlink message of type {}: {} bytes, needs {}", message.type,
                message.body.size(), sizeof(Fixed));
  Parsed<Fixed> parsed;
  std::memcpy(&parsed.fixed, message.body.data(), sizeof(Fixed));
  const Bytes rest = Bytes(message.body).subspan(std::min(aligned, message.body.size()));
  parsed.attributes = TRY(Attributes::parse(rest));
  return parsed;
}

// What the kernel says of a request in NLMSG_ERROR: nothing for error 0; otherwise its errno and, where it
// gives one, its own sentence.
Status parse_verdict(const Message& message);

class Socket {
 public:
  // No answer takes longer than `patience`; the kernel gives them at once.
  static Result<Socket> open(std::chrono::milliseconds patience = std::chrono::seconds(5));

  // A request for one thing, or one that changes something: the messages before the kernel's verdict.
  Result<std::vector<Message>> ask(const Request& request);

 private:
  explicit Socket(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<ByteVector> receive() const;
  // True when the answer is complete.
  static Result<bool> take(Message message, uint32_t sequence, std::vector<Message>& answer);

  UniqueFd fd_;
  uint32_t sequence_ = 0;
};

}  // namespace kdump::netlink
