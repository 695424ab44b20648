// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <mutex>

namespace kdump::ssh {
namespace {

constexpr std::chrono::seconds kGoodbye{1};
constexpr int kPollSlice = 1 << 30;

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::string& peer, UniqueFd fd,
                                                     std::chrono::milliseconds stall) {
  static std::once_flag initialized;
  std::call_once(initialized, [] { libssh2_init(0); });
  RawSession raw(libssh2_session_init_ex(nullptr, nullptr, nullptr, nullptr));
  if (!raw) return fail("{}: libssh2 has no memory for a session", peer);
  libssh2_session_set_blocking(raw.get(), 0);
  std::unique_ptr<Connection> connection(new Connection(std::move(raw), std::move(fd), peer, stall));
  *libssh2_session_abstract(connection->raw()) = &connection->arrivals_;
  libssh2_session_callback_set(connection->raw(), LIBSSH2_CALLBACK_RECV,
                               reinterpret_cast<void*>(&Connection::receive));
  return connection;
}

ssize_t Connection::receive(int fd, void* buffer, size_t size, int flags, void** abstract) {
  const ssize_t got = recv(fd, buffer, size, flags);
  if (got < 0) return -errno;
  Arrivals& arrivals = *static_cast<Arrivals*>(*abstract);
  const size_t room = Arrivals::kKept - std::min<uint64_t>(Arrivals::kKept, arrivals.bytes);
  const Bytes bytes(static_cast<const std::byte*>(buffer), static_cast<size_t>(got));
  const Bytes kept = bytes.first(std::min(bytes.size(), room));
  arrivals.first.insert(arrivals.first.end(), kept.begin(), kept.end());
  arrivals.bytes += bytes.size();
  return got;
}

Connection::~Connection() {
  if (!dead_) {
    static_cast<void>(complete(Deadline(kGoodbye), "disconnecting", [this] {
                        return libssh2_session_disconnect(raw(), "done");
                      }).has_value());
  }
  // Now sending fails at once instead of asking to be called again, and freeing frees all.
  shutdown(fd(), SHUT_RDWR);
}

// A TCP socket can be written to when a third of its buffer is free (Linux, include/net/sock.h,
// __sk_stream_is_writeable).
bool Connection::takes_a_packet() const {
  pollfd socket{.fd = fd(), .events = POLLOUT, .revents = 0};
  return poll(&socket, 1, 0) == 1 && socket.revents == POLLOUT;
}

Status Connection::wait(const Deadline& deadline, std::string_view doing) const {
  const int directions = libssh2_session_block_directions(raw());
  pollfd waiting{.fd = fd(), .events = 0, .revents = 0};
  if ((directions & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0) waiting.events |= POLLOUT;
  if ((directions & LIBSSH2_SESSION_BLOCK_INBOUND) != 0 || directions == 0) waiting.events |= POLLIN;
  int ready = 0;
  do {
    ready = poll(&waiting, 1, deadline.poll_timeout(kPollSlice));
  } while (ready < 0 && errno == EINTR);
  if (ready > 0 && !deadline.passed()) return {};
  if (ready < 0) return fail_errno(errno, "{}: cannot wait for the server", peer_);
  mark_dead();
  return fail(ErrorKind::timed_out, "{}: no answer for {:g} s while {}", peer_, deadline.seconds(), doing);
}

Failure Connection::failure(std::string_view doing) const {
  char* text = nullptr;
  const int code = libssh2_session_last_error(raw(), &text, nullptr, 0);
  constexpr int kLost[] = {LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV,
                           LIBSSH2_ERROR_SOCKET_SEND, LIBSSH2_ERROR_BANNER_RECV, LIBSSH2_ERROR_BAD_SOCKET};
  if (std::ranges::find(kLost, code) != std::end(kLost)) {
    mark_dead();
    return make_failure(ErrorKind::failure, ECONNRESET,
                        fmt::format("{}: the server ended the connection while {}", peer_, doing));
  }
  return fail("{}: {} failed: {} (libssh2 error {})", peer_, doing, text == nullptr ? "" : text, code);
}

}  // namespace kdump::ssh
