// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_command.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace kdump::ssh {
namespace {

constexpr size_t kOutputLimit = 65536;
constexpr size_t kComplaintLimit = 1024;

class Command : public SshChannel {
 public:
  Command(Connection& connection, LIBSSH2_CHANNEL* raw) : connection_(connection), raw_(raw) {}
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command() override { libssh2_channel_free(raw_); }

  Status write(Bytes data) override;
  Result<size_t> read_available(MutableBytes out) override;
  Result<size_t> read_some(MutableBytes out) override;
  Result<RemoteExit> finish() override;

 private:
  void collect_complaint();
  [[nodiscard]] uint64_t arrived() const { return connection_.arrivals().bytes; }
  [[nodiscard]] bool ended() const { return libssh2_channel_eof(raw_) == 1; }
  Failure ended_early();
  Status collect_rest(std::string& output);

  Connection& connection_;
  LIBSSH2_CHANNEL* raw_;
  std::string complaint_;
};

Status Command::write(Bytes data) {
  Deadline deadline = connection_.stall();
  while (!data.empty()) {
    const uint64_t before = arrived();
    const ssize_t sent =
        libssh2_channel_write_ex(raw_, 0, reinterpret_cast<const char*>(data.data()), data.size());
    if (sent > 0) {
      data = data.subspan(static_cast<size_t>(sent));
      deadline.restart();
      continue;
    }
    if (sent < 0 && sent != LIBSSH2_ERROR_EAGAIN) return connection_.failure("writing");
    // A packet that is half out must be finished before anything else: reading may want to send as well.
    if ((libssh2_session_block_directions(connection_.raw()) & LIBSSH2_SESSION_BLOCK_OUTBOUND) == 0) {
      collect_complaint();
      if (ended()) return ended_early();
      // Room in the server's window, for one, that the look at its complaints has taken in.
      if (arrived() != before) continue;
    }
    TRY(connection_.wait(deadline, "writing"));
  }
  return {};
}

Result<size_t> Command::read_available(MutableBytes out) {
  const ssize_t got = libssh2_channel_read_ex(raw_, 0, reinterpret_cast<char*>(out.data()), out.size());
  if (got >= 0) return static_cast<size_t>(got);
  if (got == LIBSSH2_ERROR_EAGAIN) return 0;
  return connection_.failure("reading");
}

Result<size_t> Command::read_some(MutableBytes out) {
  const Deadline deadline = connection_.stall();
  while (true) {
    const uint64_t before = arrived();
    const size_t got = TRY(read_available(out));
    if (got > 0) return got;
    collect_complaint();
    if (ended()) return 0;
    if (arrived() != before) continue;
    TRY(connection_.wait(deadline, "waiting for its answer"));
  }
}

// Standard error counts against the window: unread it would stop the command, and hide its end.
void Command::collect_complaint() {
  std::array<char, 512> text{};
  while (true) {
    const ssize_t got = libssh2_channel_read_ex(raw_, SSH_EXTENDED_DATA_STDERR, text.data(), text.size());
    if (got <= 0) return;
    for (const char c : std::string_view(text.data(), static_cast<size_t>(got))) {
      if (complaint_.size() >= kComplaintLimit) break;
      complaint_ += c == '\n' || c == '\r' ? ' ' : c;
    }
  }
}

Failure Command::ended_early() {
  Result<RemoteExit> exit = finish();
  if (!exit) return Failure(exit.error());
  const bool full = exit->complaint.contains("No space left") || exit->complaint.contains("quota");
  return make_failure(full ? ErrorKind::no_space : ErrorKind::failure, full ? ENOSPC : 0,
                      fmt::format("{}: the command on the server {}", connection_.peer(), exit->describe()));
}

Status Command::collect_rest(std::string& output) {
  std::array<char, 4096> text{};
  while (true) {
    const size_t got = TRY(read_some(std::as_writable_bytes(std::span(text))));
    if (got == 0) return {};
    output.append(text.data(), std::min(got, kOutputLimit - output.size()));
  }
}

Result<RemoteExit> Command::finish() {
  constexpr std::string_view kEnding = "waiting for the command's end";
  RemoteExit exit;
  const Deadline deadline = connection_.stall();
  TRY(connection_.complete(deadline, kEnding, [this] { return libssh2_channel_send_eof(raw_); }));
  TRY(collect_rest(exit.output));
  TRY(connection_.complete(deadline, kEnding, [this] { return libssh2_channel_close(raw_); }));
  TRY(connection_.complete(deadline, kEnding, [this] { return libssh2_channel_wait_closed(raw_); }));
  exit.status = libssh2_channel_get_exit_status(raw_);
  char* signal = nullptr;
  size_t size = 0;
  libssh2_channel_get_exit_signal(raw_, &signal, &size, nullptr, nullptr, nullptr, nullptr);
  if (signal != nullptr) {
    exit.signal.assign(signal, size);
    libssh2_free(connection_.raw(), signal);
  }
  while (complaint_.ends_with(' ')) complaint_.pop_back();
  exit.complaint = complaint_;
  return exit;
}

}  // namespace

Result<std::unique_ptr<SshChannel>> start_command(Connection& connection, std::string_view request,
                                                  std::string_view what) {
  constexpr std::string_view kSession = "session";
  // What a server may say before it needs leave to say more: enough for the answers to a terabyte's writes.
  // libssh2 gives that leave while it reads; where the socket has no room just then, a later write fails.
  constexpr unsigned kWindow = LIBSSH2_CHANNEL_WINDOW_DEFAULT * 512U;
  const Deadline deadline = connection.stall();
  LIBSSH2_CHANNEL* raw = TRY(connection.complete_pointer(deadline, "opening a channel", [&] {
    return libssh2_channel_open_ex(connection.raw(), kSession.data(), kSession.size(), kWindow,
                                   LIBSSH2_CHANNEL_PACKET_DEFAULT, nullptr, 0);
  }));
  auto channel = std::make_unique<Command>(connection, raw);
  TRY(connection.complete(deadline, fmt::format("starting {}", what), [&] {
    return libssh2_channel_process_startup(raw, request.data(), static_cast<unsigned>(request.size()),
                                           what.data(), static_cast<unsigned>(what.size()));
  }));
  return channel;
}

}  // namespace kdump::ssh
