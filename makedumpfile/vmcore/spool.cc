// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/spool.h"

#include <unistd.h>

#include <cstdlib>

namespace kdump {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

// Not every filesystem has O_TMPFILE.
Result<UniqueFd> open_unnamed(const std::string& directory) {
  if (auto unnamed = open_file(directory, O_TMPFILE | O_RDWR, 0600)) return unnamed;
  std::string path = directory + "/makedumpfile.XXXXXX";
  UniqueFd fd(mkostemp(path.data(), O_CLOEXEC));
  if (!fd) return fail_errno(errno, "{}: cannot create a temporary file", directory);
  unlink(path.c_str());
  return fd;
}

Result<uint64_t> copy(int input_fd, int output_fd, const std::string& name, const std::string& directory) {
  ByteVector buffer(kBufferBytes);
  uint64_t size = 0;
  while (true) {
    const size_t got = TRY(with_context(read_up_to(input_fd, buffer), "{}", name));
    if (got == 0) return size;
    const Bytes data = Bytes(buffer).first(got);
    if (!all_zero(data))
      TRY(with_context(pwrite_all(output_fd, data, size),
                       "{}: a copy of {} (--work-dir or TMPDIR names another place)", directory, name));
    size += got;
  }
}

}  // namespace

Result<UniqueFd> spool(int input_fd, const std::string& name, const std::string& directory) {
  UniqueFd file = TRY(open_unnamed(directory));
  const uint64_t size = TRY(copy(input_fd, file.get(), name, directory));
  if (ftruncate(file.get(), static_cast<off_t>(size)) != 0) return fail_errno(errno, "{}", directory);
  return file;
}

std::string spool_directory(const std::string& work_dir) {
  if (!work_dir.empty()) return work_dir;
  const char* told = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe)
  return told != nullptr && *told != '\0' ? told : "/var/tmp";
}

}  // namespace kdump
