// SPDX-License-Identifier: GPL-2.0-or-later
// The yardstick for dumps over SFTP: what libssh2's own SFTP client moves, called as its manual has it, with
// no dumper in the way.
//
// usage: raw_sftp ADDRESS USER KEY FILE REMOTE-PATH
// Prints the seconds from the first write to the answer to the last.
#include <arpa/inet.h>
#include <fmt/core.h>
#include <libssh2.h>
#include <libssh2_sftp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

constexpr uint16_t kPort = 22;
constexpr unsigned long kCreate = LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_TRUNC;
constexpr size_t kMost = size_t{1} << 20;  // libssh2 cuts it into requests and keeps them all on their way

[[noreturn]] void die(const char* doing) {
  fmt::print(stderr, "raw_sftp: {} failed\n", doing);
  std::exit(1);
}

int connected_socket(const char* address) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(kPort);
  if (inet_pton(AF_INET, address, &where.sin_addr) != 1 ||
      connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0)
    die("connecting");
  return fd;
}

LIBSSH2_SESSION* logged_in(const char* address, const char* user, const char* key) {
  libssh2_init(0);
  LIBSSH2_SESSION* session = libssh2_session_init();
  if (libssh2_session_handshake(session, connected_socket(address)) != 0) die("the handshake");
  if (libssh2_userauth_publickey_fromfile(session, user, nullptr, key, nullptr) != 0) die("the login");
  return session;
}

// Seconds.
double copy(std::FILE* from, LIBSSH2_SFTP_HANDLE* to) {
  static std::array<char, kMost> buffer;
  const auto start = std::chrono::steady_clock::now();
  while (const size_t size = std::fread(buffer.data(), 1, buffer.size(), from)) {
    for (size_t done = 0; done < size;) {
      const ssize_t sent = libssh2_sftp_write(to, buffer.data() + done, size - done);
      if (sent < 0) die("writing");
      done += static_cast<size_t>(sent);
    }
  }
  if (libssh2_sftp_close_handle(to) != 0) die("closing");
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) die("reading the command line");
  LIBSSH2_SESSION* session = logged_in(argv[1], argv[2], argv[3]);
  LIBSSH2_SFTP* sftp = libssh2_sftp_init(session);
  if (sftp == nullptr) die("starting SFTP");
  const std::string_view path = argv[5];
  LIBSSH2_SFTP_HANDLE* to = libssh2_sftp_open_ex(sftp, path.data(), static_cast<unsigned>(path.size()),
                                                 kCreate, 0600, LIBSSH2_SFTP_OPENFILE);
  if (to == nullptr) die("creating the file");
  std::FILE* from = std::fopen(argv[4], "rb");
  if (from == nullptr) die("opening the input");
  fmt::print("{:.4f}\n", copy(from, to));
}
