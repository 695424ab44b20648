// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/host_tree.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>

#include "common/fd.h"
#include "common/file.h"

namespace kdump::image {
namespace {

Result<std::string> real_path_outside(const std::string& path) {
  const std::unique_ptr<char, decltype(&free)> real(realpath(path.c_str(), nullptr), free);
  if (!real) return fail_errno(errno, "{}", path);
  return std::string(real.get());
}

// A rename or a mount anywhere on the machine makes the kernel give up on a path with "..", which it asks to
// have tried again (openat2(2), EAGAIN). Sysfs is full of such links.
constexpr int kAttempts = 1000;

// openat2(2) with RESOLVE_IN_ROOT: chroot's view of links without being root.
Result<UniqueFd> open_in_root(const std::string& root, const std::string& path) {
  const UniqueFd directory = TRY(open_file(root, O_PATH | O_DIRECTORY));
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  long fd = -1;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    fd = syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  if (fd < 0) return fail_errno(errno, "{} under {}", path, root);
  return UniqueFd(static_cast<int>(fd));
}

Result<std::string> path_of(const UniqueFd& fd) {
  std::string path(PATH_MAX, '\0');
  const std::string link = fmt::format("/proc/self/fd/{}", fd.get());
  const ssize_t length = readlink(link.c_str(), path.data(), path.size());
  if (length < 0) return fail_errno(errno, "cannot read {}", link);
  path.resize(static_cast<size_t>(length));
  return path;
}

}  // namespace

Result<HostTree> HostTree::open(const std::string& root) {
  if (root.empty()) return HostTree("");
  std::string real = TRY(with_context(real_path_outside(root), "cannot use the root"));
  return HostTree(real == "/" ? "" : std::move(real));
}

Result<std::string> HostTree::real_path(const std::string& path) const {
  if (root_.empty()) return real_path_outside(path);
  const UniqueFd fd = TRY(open_in_root(root_, path));
  const std::string real = TRY(path_of(fd));
  return real == root_ ? "/" : real.substr(root_.size());
}

Result<std::string> HostTree::read(const std::string& path) const {
  return read_text_file(outside(TRY(real_path(path))), size_t{256} << 20);
}

}  // namespace kdump::image
