// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace kdump::ssh {
namespace {

// A connection, and the end of it that a server would hold.
struct Pair {
  std::unique_ptr<Connection> connection;
  UniqueFd server;
};

Pair connected() {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  auto connection = Connection::open("peer", UniqueFd(ends[0]), std::chrono::seconds(1));
  EXPECT_TRUE(connection) << connection.error().message();
  return {std::move(*connection), UniqueFd(ends[1])};
}

void fill(int fd) {
  const std::array<char, 4096> bytes{};
  while (write(fd, bytes.data(), bytes.size()) > 0) continue;
  EXPECT_EQ(errno, EAGAIN);
}

void drain(int fd) {
  std::array<char, 4096> bytes{};
  while (read(fd, bytes.data(), bytes.size()) > 0) continue;
}

// What a keepalive waits for: sent half, it would make libssh2 refuse all that comes after it.
TEST(SshConnection, TakesAPacketWhileItsSocketHasRoom) {
  const Pair pair = connected();
  EXPECT_TRUE(pair.connection->takes_a_packet());
  fill(pair.connection->fd());
  EXPECT_FALSE(pair.connection->takes_a_packet());
  drain(pair.server.get());
  EXPECT_TRUE(pair.connection->takes_a_packet());
}

TEST(SshConnection, TakesNoPacketWhenThePeerIsGone) {
  Pair pair = connected();
  pair.server = UniqueFd();
  EXPECT_FALSE(pair.connection->takes_a_packet());
}

}  // namespace
}  // namespace kdump::ssh
