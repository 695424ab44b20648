// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "common/fd.h"

namespace kdump {
namespace {

Status write_and_sync(int fd, Bytes content, mode_t mode) {
  if (fchmod(fd, mode) != 0) return fail_errno(errno, "cannot set the mode");
  TRY(write_all(fd, content));
  if (fsync(fd) != 0) return fail_errno(errno, "cannot sync");
  return {};
}

}  // namespace

Result<std::string> read_text_file(const std::string& path, size_t limit) {
  const UniqueFd fd = TRY(open_file(path, O_RDONLY));
  std::string content;
  constexpr size_t kStep = 65536;
  // Sizes of /proc and /sys files are not known beforehand.
  while (true) {
    const size_t before = content.size();
    content.resize(before + kStep);
    const MutableBytes space = std::as_writable_bytes(std::span(content.data() + before, kStep));
    const size_t got = TRY(with_context(read_up_to(fd.get(), space), "{}", path));
    content.resize(before + got);
    if (content.size() > limit) return fail(ErrorKind::corrupt, "{}: larger than {} bytes", path, limit);
    if (got < kStep) return content;
  }
}

Status replace_file(const std::string& path, Bytes content, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const UniqueFd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return fail_errno(errno, "cannot create {}", temporary);
  Status written = with_context(write_and_sync(fd.get(), content, mode), "{}", temporary);
  if (written && rename(temporary.c_str(), path.c_str()) != 0) {
    written = fail_errno(errno, "cannot rename {} to {}", temporary, path);
  }
  if (!written) {
    unlink(temporary.c_str());
    return written;
  }
  return sync_directory_of(path);
}

Status sync_directory_of(const std::string& path) {
  const std::string directory = directory_of(path);
  const UniqueFd fd = TRY(open_file(directory, O_RDONLY | O_DIRECTORY));
  if (fsync(fd.get()) != 0) return fail_errno(errno, "cannot sync {}", directory);
  return {};
}

Status make_directories(const std::string& path, mode_t mode) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    if (mkdir(parent.c_str(), mode) != 0 && errno != EEXIST)
      return fail_errno(errno, "cannot create {}", parent);
  }
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return fail_errno(errno, "cannot create {}", path);
  return {};
}

bool file_exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace kdump
