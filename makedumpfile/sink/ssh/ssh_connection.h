// SPDX-License-Identifier: GPL-2.0-or-later
// libssh2 made to wait as we do, for the files that make an SshSession; nobody else includes this (facts: its
// manual pages and the source of 1.10.0).
#pragma once

#include <libssh2.h>

#include <chrono>
#include <memory>
#include <string>

#include "common/bytes.h"
#include "common/error.h"
#include "common/fd.h"
#include "makedumpfile/sink/remote/net_deadline.h"

namespace kdump::ssh {

struct FreeSession {
  void operator()(LIBSSH2_SESSION* session) const { libssh2_session_free(session); }
};
using RawSession = std::unique_ptr<LIBSSH2_SESSION, FreeSession>;

// What came in over a connection, as libssh2's callback sees it.
struct Arrivals {
  static constexpr size_t kKept = 16384;
  uint64_t bytes = 0;
  ByteVector first;  // at most kKept of them: what the server said before encryption
};

class Connection {
 public:
  // `stall`: for any wait in which not one byte moves.
  static Result<std::unique_ptr<Connection>> open(const std::string& peer, UniqueFd fd,
                                                  std::chrono::milliseconds stall);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  [[nodiscard]] LIBSSH2_SESSION* raw() const { return raw_.get(); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] Deadline stall() const { return Deadline(stall_); }

  // Whether the socket has room for a small packet as a whole.
  [[nodiscard]] bool takes_a_packet() const;
  // Waits until libssh2 can go on. An error past the deadline; `doing` is for it.
  Status wait(const Deadline& deadline, std::string_view doing) const;
  // What libssh2 said last, as an error.
  [[nodiscard]] Failure failure(std::string_view doing) const;
  // Repeats a call of libssh2 that gives a code until it is done; the code, 0 or more.
  template <typename Call>
  Result<int> complete(const Deadline& deadline, std::string_view doing, Call call) const {
    while (true) {
      const int code = static_cast<int>(call());
      if (code >= 0) return code;
      if (code != LIBSSH2_ERROR_EAGAIN) return failure(doing);
      TRY(wait(deadline, doing));
    }
  }
  // The same for a call that gives a pointer.
  template <typename Call>
  auto complete_pointer(const Deadline& deadline, std::string_view doing, Call call) const
      -> Result<decltype(call())> {
    while (true) {
      if (auto* made = call()) return made;
      if (libssh2_session_last_errno(raw()) != LIBSSH2_ERROR_EAGAIN) return failure(doing);
      TRY(wait(deadline, doing));
    }
  }

  // Calls of libssh2 take in whatever has arrived, also what another call waits for: one that found nothing
  // may have to be repeated instead of waiting for more.
  [[nodiscard]] const Arrivals& arrivals() const { return arrivals_; }

 private:
  Connection(RawSession raw, UniqueFd fd, std::string peer, std::chrono::milliseconds stall)
      : raw_(std::move(raw)), fd_(std::move(fd)), peer_(std::move(peer)), stall_(stall) {}
  static ssize_t receive(int fd, void* buffer, size_t size, int flags, void** abstract);
  // A server that is gone must not be waited for again.
  void mark_dead() const { dead_ = true; }

  RawSession raw_;
  UniqueFd fd_;
  std::string peer_;
  std::chrono::milliseconds stall_;
  Arrivals arrivals_;
  mutable bool dead_ = false;
};

}  // namespace kdump::ssh
