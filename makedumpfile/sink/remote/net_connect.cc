// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/remote/net_connect.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

namespace kdump {
namespace {

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Result<AddressList> literal_address(const std::string& address, uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0) return fail("{} is no IPv4 or IPv6 address: {}", address, gai_strerror(code));
  return AddressList(found, &freeaddrinfo);
}

std::string literal_of(const sockaddr* address, socklen_t size) {
  std::array<char, NI_MAXHOST> text{};
  if (getnameinfo(address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) return {};
  return text.data();
}

void set_option(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof value);
}

void keep_watch(int fd) {
  constexpr int kSeconds = 15;
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kSeconds);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, kSeconds);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

Status wait_connected(int fd, const Deadline& deadline) {
  constexpr int kForever = 1 << 30;
  pollfd waiting{.fd = fd, .events = POLLOUT, .revents = 0};
  int ready = 0;
  do {
    ready = poll(&waiting, 1, deadline.poll_timeout(kForever));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return fail(ErrorKind::timed_out, "no answer within {:g} s", deadline.seconds());
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail_errno(error, "cannot connect");
  return {};
}

}  // namespace

Result<UniqueFd> connect_tcp(const std::string& address, uint16_t port, const Deadline& deadline) {
  const AddressList list = TRY(literal_address(address, port));
  UniqueFd fd(socket(list->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "cannot open a socket");
  keep_watch(fd.get());
  if (::connect(fd.get(), list->ai_addr, list->ai_addrlen) == 0) return fd;
  if (errno != EINPROGRESS) return fail_errno(errno, "cannot connect");
  TRY(wait_connected(fd.get(), deadline));
  return fd;
}

std::string local_address_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  return getsockname(fd, generic, &size) == 0 ? literal_of(generic, size) : std::string();
}

std::string source_address_to(const std::string& address) {
  constexpr uint16_t kAnyPort = 9;
  const Result<AddressList> list = literal_address(address, kAnyPort);
  if (!list) return {};
  const UniqueFd fd(socket((*list)->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), (*list)->ai_addr, (*list)->ai_addrlen) != 0) return {};
  return local_address_of(fd.get());
}

Result<std::vector<std::string>> resolve_host(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const ErrorKind kind = code == EAI_AGAIN ? ErrorKind::timed_out : ErrorKind::failure;
  if (code != 0) return fail(kind, "cannot resolve {}: {}", host, gai_strerror(code));
  const AddressList list(found, &freeaddrinfo);
  std::vector<std::string> literals;
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    std::string literal = literal_of(one->ai_addr, one->ai_addrlen);
    if (!literal.empty() && std::ranges::find(literals, literal) == literals.end())
      literals.push_back(std::move(literal));
  }
  return literals;
}

}  // namespace kdump
