// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <thread>

#include "common/file.h"

namespace kdump::service {
namespace {

constexpr auto kRetry = std::chrono::milliseconds(100);

Result<bool> try_lock(int fd, const std::string& path) {
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK || errno == EINTR) return false;
  return fail_errno(errno, "cannot lock {}", path);
}

}  // namespace

Result<UniqueFd> take_lock(const Host& host, const Announce& announce, std::chrono::milliseconds interval) {
  const std::string path = host.at(places::kLock);
  TRY(make_directories(directory_of(path), 0755));
  UniqueFd fd = TRY(open_file(path, O_RDWR | O_CREAT, 0600));
  auto next_word = std::chrono::steady_clock::now();
  while (!TRY(try_lock(fd.get(), path))) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_word) {
      announce(Level::info, fmt::format("Another instance holds {}; waiting for it", path));
      next_word = now + interval;
    }
    std::this_thread::sleep_for(kRetry);
  }
  return fd;
}

}  // namespace kdump::service
