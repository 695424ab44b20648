// SPDX-License-Identifier: GPL-2.0-or-later
// The one file that knows libssh2 (facts: its manual pages and the source of 1.10.0).
#include "makedumpfile/sink/ssh_session.h"

#include <libssh2.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <vector>

#include "common/fd.h"
#include "common/file.h"
#include "makedumpfile/sink/net_connect.h"
#include "makedumpfile/sink/net_deadline.h"
#include "makedumpfile/sink/ssh_known_hosts.h"
#include "makedumpfile/sink/ssh_offers.h"
#include "makedumpfile/sink/ssh_private_key.h"

namespace kdump {
namespace {

constexpr int kRsaVersion = 0x010b00;
constexpr std::chrono::seconds kGoodbye{1};
constexpr unsigned kKeepaliveSeconds = 15;
constexpr size_t kOutputLimit = 65536;
constexpr size_t kComplaintLimit = 1024;
constexpr int kPollSlice = 1 << 30;

struct FreeSession {
  void operator()(LIBSSH2_SESSION* session) const { libssh2_session_free(session); }
};
using RawSession = std::unique_ptr<LIBSSH2_SESSION, FreeSession>;

// The key types to ask for, for a type of known_hosts: an RSA key signs in ways that have names of their own.
std::string algorithms_of(std::string_view type) {
  if (type != "ssh-rsa") return std::string(type);
  return ssh_rsa_works() ? "rsa-sha2-512,rsa-sha2-256" : "";
}

class Connection {
 public:
  Connection(RawSession raw, UniqueFd fd, std::string peer, std::chrono::milliseconds stall)
      : raw_(std::move(raw)), fd_(std::move(fd)), peer_(std::move(peer)), stall_(stall) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  [[nodiscard]] LIBSSH2_SESSION* raw() const { return raw_.get(); }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] const std::string& peer() const { return peer_; }
  [[nodiscard]] Deadline stall() const { return Deadline(stall_); }

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

  // A server that is gone must not be waited for again.
  void mark_dead() const { dead_ = true; }

 private:
  RawSession raw_;
  UniqueFd fd_;
  std::string peer_;
  std::chrono::milliseconds stall_;
  mutable bool dead_ = false;
};

Connection::~Connection() {
  if (!dead_) {
    static_cast<void>(complete(Deadline(kGoodbye), "disconnecting", [this] {
                        return libssh2_session_disconnect(raw(), "done");
                      }).has_value());
  }
  // Now sending fails at once instead of asking to be called again, and freeing frees all.
  shutdown(fd(), SHUT_RDWR);
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

class Channel : public SshChannel {
 public:
  Channel(Connection& connection, LIBSSH2_CHANNEL* raw) : connection_(connection), raw_(raw) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() override { libssh2_channel_free(raw_); }

  Status write(Bytes data) override;
  Result<size_t> read_available(MutableBytes out) override;
  Result<size_t> read_some(MutableBytes out) override;
  Result<RemoteExit> finish() override;

 private:
  void collect_complaint();
  [[nodiscard]] bool ended() const { return libssh2_channel_eof(raw_) == 1; }
  Failure ended_early();
  Status collect_rest(std::string& output);

  Connection& connection_;
  LIBSSH2_CHANNEL* raw_;
  std::string complaint_;
};

Status Channel::write(Bytes data) {
  Deadline deadline = connection_.stall();
  while (!data.empty()) {
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
    }
    TRY(connection_.wait(deadline, "writing"));
  }
  return {};
}

Result<size_t> Channel::read_available(MutableBytes out) {
  const ssize_t got = libssh2_channel_read_ex(raw_, 0, reinterpret_cast<char*>(out.data()), out.size());
  if (got >= 0) return static_cast<size_t>(got);
  if (got == LIBSSH2_ERROR_EAGAIN) return 0;
  return connection_.failure("reading");
}

Result<size_t> Channel::read_some(MutableBytes out) {
  const Deadline deadline = connection_.stall();
  while (true) {
    const size_t got = TRY(read_available(out));
    if (got > 0) return got;
    collect_complaint();
    if (ended()) return 0;
    TRY(connection_.wait(deadline, "waiting for its answer"));
  }
}

// Standard error counts against the window: unread it would stop the command, and hide its end.
void Channel::collect_complaint() {
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

Failure Channel::ended_early() {
  Result<RemoteExit> exit = finish();
  if (!exit) return Failure(exit.error());
  const bool full = exit->complaint.contains("No space left") || exit->complaint.contains("quota");
  return make_failure(full ? ErrorKind::no_space : ErrorKind::failure, full ? ENOSPC : 0,
                      fmt::format("{}: the command on the server {}", connection_.peer(), exit->describe()));
}

Status Channel::collect_rest(std::string& output) {
  std::array<char, 4096> text{};
  while (true) {
    const size_t got = TRY(read_some(std::as_writable_bytes(std::span(text))));
    if (got == 0) return {};
    output.append(text.data(), std::min(got, kOutputLimit - output.size()));
  }
}

Result<RemoteExit> Channel::finish() {
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

class Session : public SshSession {
 public:
  explicit Session(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  Result<std::unique_ptr<SshChannel>> execute(const std::string& command) override {
    return start("exec", command);
  }
  Result<std::unique_ptr<SshChannel>> open_sftp() override {
    auto channel = start("subsystem", "sftp");
    if (channel || channel.error().kind() != ErrorKind::failure || channel.error().errno_value() != 0)
      return channel;
    return fail(ErrorKind::unsupported, "{}: the server has no SFTP", peer());
  }
  Status keep_alive() override;
  [[nodiscard]] const std::string& peer() const override { return connection_->peer(); }
  [[nodiscard]] std::string local_address() const override { return local_address_of(connection_->fd()); }

 private:
  Result<std::unique_ptr<SshChannel>> start(std::string_view request, const std::string& what);

  std::unique_ptr<Connection> connection_;
};

Result<std::unique_ptr<SshChannel>> Session::start(std::string_view request, const std::string& what) {
  const Deadline deadline = connection_->stall();
  LIBSSH2_CHANNEL* raw = TRY(connection_->complete_pointer(
      deadline, "opening a channel", [this] { return libssh2_channel_open_session(connection_->raw()); }));
  auto channel = std::make_unique<Channel>(*connection_, raw);
  TRY(connection_->complete(deadline, fmt::format("starting {}", what), [&] {
    return libssh2_channel_process_startup(raw, request.data(), static_cast<unsigned>(request.size()),
                                           what.data(), static_cast<unsigned>(what.size()));
  }));
  return channel;
}

Status Session::keep_alive() {
  int next = 0;
  const int code = libssh2_keepalive_send(connection_->raw(), &next);
  if (code < 0 && code != LIBSSH2_ERROR_EAGAIN) return connection_->failure("keeping the connection");
  return {};
}

// The steps of SshSession::connect, which share what they learn.
class Login {
 public:
  explicit Login(const SshTarget& target)
      : target_(target),
        peer_(fmt::format("{}@{} port {}", target.user, target.address, target.port)),
        deadline_(target.connect_timeout) {}

  Result<std::unique_ptr<SshSession>> run();

 private:
  Status read_key();
  Status read_pins();
  Status open_connection();
  Status exchange_keys();
  Status verify_host_key();
  Status authenticate();
  [[nodiscard]] std::vector<std::string> supported_algorithms(int method) const;
  [[nodiscard]] Result<std::string> wanted_host_key_types() const;
  [[nodiscard]] Failure no_agreement() const;
  [[nodiscard]] Failure wrong_key(Bytes got, std::string_view problem) const;
  static ssize_t receive(int fd, void* buffer, size_t size, int flags, void** abstract);

  const SshTarget& target_;
  std::string peer_;
  Deadline deadline_;
  std::string key_;
  PinnedHostKeys pins_;
  ByteVector first_bytes_;  // what the server said before encryption
  std::unique_ptr<Connection> connection_;
};

Result<std::unique_ptr<SshSession>> Login::run() {
  TRY(read_key());
  TRY(read_pins());
  TRY(open_connection());
  TRY(exchange_keys());
  TRY(verify_host_key());
  TRY(authenticate());
  libssh2_keepalive_config(connection_->raw(), 1, kKeepaliveSeconds);
  // `this` ends here.
  libssh2_session_callback_set(
      connection_->raw(), LIBSSH2_CALLBACK_RECV,
      reinterpret_cast<void*>(+[](int fd, void* buffer, size_t size, int flags, void**) {
        const ssize_t got = recv(fd, buffer, size, flags);
        return got < 0 ? ssize_t{-errno} : got;
      }));
  return std::make_unique<Session>(std::move(connection_));
}

Status Login::read_key() {
  key_ = TRY(read_text_file(target_.private_key));
  TRY(check_private_key(key_, target_.private_key, ssh_rsa_works()));
  return {};
}

Status Login::read_pins() {
  pins_ = TRY(pinned_host_keys(target_.known_hosts, target_.host, target_.port));
  return {};
}

Status Login::open_connection() {
  static std::once_flag initialized;
  std::call_once(initialized, [] { libssh2_init(0); });
  RawSession raw(libssh2_session_init_ex(nullptr, nullptr, nullptr, this));
  if (!raw) return fail("{}: libssh2 has no memory for a session", peer_);
  UniqueFd fd = TRY(with_context(connect_tcp(target_.address, target_.port, deadline_), "{}", peer_));
  libssh2_session_set_blocking(raw.get(), 0);
  connection_ = std::make_unique<Connection>(std::move(raw), std::move(fd), peer_, target_.stall_timeout);
  return {};
}

// Keeps the first bytes, for no_agreement().
ssize_t Login::receive(int fd, void* buffer, size_t size, int flags, void** abstract) {
  constexpr size_t kKept = 16384;
  const ssize_t got = recv(fd, buffer, size, flags);
  if (got < 0) return -errno;
  auto& kept = static_cast<Login*>(*abstract)->first_bytes_;
  const auto* bytes = static_cast<const std::byte*>(buffer);
  kept.insert(kept.end(), bytes,
              bytes + std::min(static_cast<size_t>(got), kKept - std::min(kKept, kept.size())));
  return got;
}

std::vector<std::string> Login::supported_algorithms(int method) const {
  const char** names = nullptr;
  const int count = libssh2_session_supported_algs(connection_->raw(), method, &names);
  if (count <= 0) return {};
  std::vector<std::string> algorithms(names, names + count);
  libssh2_free(connection_->raw(), static_cast<void*>(names));
  return algorithms;
}

Result<std::string> Login::wanted_host_key_types() const {
  const std::vector<std::string> supported = supported_algorithms(LIBSSH2_METHOD_HOSTKEY);
  std::string wanted;
  std::string pinned;
  for (const HostKey& key : pins_.accepted) {
    pinned += (pinned.empty() ? "" : ",") + key.type;
    const std::string algorithms = algorithms_of(key.type);
    const std::string first = algorithms.substr(0, algorithms.find(','));
    if (std::ranges::find(supported, first) == supported.end()) continue;
    wanted += (wanted.empty() ? "" : ",") + algorithms;
  }
  if (!wanted.empty()) return wanted;
  return fail(
      ErrorKind::unsupported,
      "{}: only a host key of type {} is known, which libssh2 {} cannot use: add the server's Ed25519 key "
      "with ssh-keyscan -p {} -t ed25519 {}",
      peer_, pinned, libssh2_version(0), target_.port, target_.host);
}

Status Login::exchange_keys() {
  const std::string types = TRY(wanted_host_key_types());
  libssh2_session_method_pref(connection_->raw(), LIBSSH2_METHOD_HOSTKEY, types.c_str());
  libssh2_session_callback_set(connection_->raw(), LIBSSH2_CALLBACK_RECV,
                               reinterpret_cast<void*>(&Login::receive));
  const auto done = connection_->complete(deadline_, "exchanging keys", [this] {
    return libssh2_session_handshake(connection_->raw(), connection_->fd());
  });
  if (done) return {};
  const int code = libssh2_session_last_errno(connection_->raw());
  if (code == LIBSSH2_ERROR_KEX_FAILURE || code == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE ||
      code == LIBSSH2_ERROR_METHOD_NONE)
    return no_agreement();
  return Failure(done.error());
}

// libssh2 says "Unable to exchange encryption keys" for everything.
Failure Login::no_agreement() const {
  struct Kind {
    std::string_view name;
    int method;
    std::string SshOffers::* offered;
  };
  static constexpr Kind kKinds[] = {
      {.name = "key exchange", .method = LIBSSH2_METHOD_KEX, .offered = &SshOffers::key_exchange},
      {.name = "host key type", .method = LIBSSH2_METHOD_HOSTKEY, .offered = &SshOffers::host_key_types},
      {.name = "cipher", .method = LIBSSH2_METHOD_CRYPT_CS, .offered = &SshOffers::ciphers},
      {.name = "MAC", .method = LIBSSH2_METHOD_MAC_CS, .offered = &SshOffers::macs},
  };
  const SshOffers offers = parse_offers(first_bytes_);
  for (const Kind& kind : kKinds) {
    std::string ours;
    if (kind.method == LIBSSH2_METHOD_HOSTKEY) {
      ours = wanted_host_key_types().value_or("");
    } else {
      for (const std::string& name : supported_algorithms(kind.method))
        ours += (ours.empty() ? "" : ",") + name;
    }
    const std::string theirs = "," + offers.*kind.offered + ",";
    bool common = false;
    for (size_t at = 0; at < ours.size() && !common;) {
      const size_t end = std::min(ours.find(',', at), ours.size());
      common = theirs.contains("," + ours.substr(at, end - at) + ",");
      at = end + 1;
    }
    if (!common) {
      return fail("{}: no {} in common: the server offers {}, this side {}", peer_, kind.name,
                  offers.*kind.offered, ours);
    }
  }
  return fail("{}: the key exchange with {} failed", peer_, offers.banner);
}

Failure Login::wrong_key(Bytes got, std::string_view problem) const {
  std::string expected;
  for (const HostKey& key : pins_.accepted)
    expected += (expected.empty() ? "" : " or ") + host_key_fingerprint(key.blob);
  return fail(
      "{}: {}: expected {}, got {}; if the server's key was changed on purpose, correct known_hosts and "
      "restart kdump",
      peer_, problem, expected, host_key_fingerprint(got));
}

Status Login::verify_host_key() {
  size_t size = 0;
  int type = 0;
  const char* blob = libssh2_session_hostkey(connection_->raw(), &size, &type);
  if (blob == nullptr) return fail("{}: the server showed no host key", peer_);
  const Bytes got = std::as_bytes(std::span(blob, size));
  const auto is_this = [got](const HostKey& key) { return std::ranges::equal(key.blob, got); };
  if (std::ranges::any_of(pins_.revoked, is_this)) return wrong_key(got, "the server's host key is revoked");
  if (!std::ranges::any_of(pins_.accepted, is_this)) return wrong_key(got, "wrong host key");
  return {};
}

Status Login::authenticate() {
  constexpr std::string_view kDoing = "logging in";
  const auto done = connection_->complete(deadline_, kDoing, [this] {
    return libssh2_userauth_publickey_frommemory(connection_->raw(), target_.user.data(), target_.user.size(),
                                                 nullptr, 0, key_.data(), key_.size(), nullptr);
  });
  if (done) return {};
  const int code = libssh2_session_last_errno(connection_->raw());
  if (code == LIBSSH2_ERROR_AUTHENTICATION_FAILED || code == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED) {
    return make_failure(
        ErrorKind::failure, EACCES,
        fmt::format("{}: the server refuses the key {}: add it to ~{}/.ssh/authorized_keys there "
                    "(kdumpctl propagate does)",
                    peer_, target_.private_key, target_.user));
  }
  return Failure(done.error());
}

}  // namespace

bool ssh_rsa_works() { return libssh2_version(kRsaVersion) != nullptr; }

Result<std::unique_ptr<SshSession>> SshSession::connect(const SshTarget& target) {
  return Login(target).run();
}

}  // namespace kdump
