// SPDX-License-Identifier: GPL-2.0-or-later
// Which reader a file gets. A new format = a row in kFormats.
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "common/layout/diskdump.h"
#include "makedumpfile/vmcore/elf_core.h"
#include "makedumpfile/vmcore/mapped_source.h"

namespace kdump {
namespace {

struct ForeignFormat {
  std::string_view signature;  // at the start of the file
  const char* name;
  const char* remedy;
};

constexpr ForeignFormat kForeign[] = {
    {{diskdump::kSignature, sizeof diskdump::kSignature},
     "a kdump-compressed dump",
     "filtering a dump again is not supported; open it with crash"},
    {"makedumpfile", "a flattened stream", "rearrange it first: makedumpfile -R DUMPFILE < STREAM"},
};

Status refuse_foreign(const ByteSource& source) {
  char start[16] = {};
  const size_t size = std::min<uint64_t>(sizeof start, source.size());
  TRY(source.read(0, std::as_writable_bytes(std::span(start, size))));
  for (const ForeignFormat& format : kForeign) {
    if (!std::string_view(start, size).starts_with(format.signature)) continue;
    return fail(ErrorKind::unsupported, "{}: is {}; {}", source.name(), format.name, format.remedy);
  }
  return {};
}

Result<FileSource> open_source(const std::string& path) {
  UniqueFd fd = TRY(open_file(path, O_RDONLY));
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return fail_errno(errno, "{}", path);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorKind::unsupported, "{}: not a regular file, and a dump is read in any order", path);
  }
  return FileSource(path, std::move(fd), static_cast<uint64_t>(status.st_size));
}

// /proc/vmcore by whatever path: a file of procfs cannot shrink under a mapping.
bool is_in_procfs(int fd) {
  struct statfs status{};
  return fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

}  // namespace

Result<std::unique_ptr<Vmcore>> open_vmcore(const std::string& path, const OpenOptions& options) {
  FileSource file = TRY(open_source(path));
  TRY(refuse_foreign(file));
  if (options.use_mmap && is_in_procfs(file.fd())) {
    return read_elf_core(std::make_unique<MappedSource>(std::move(file)));
  }
  return read_elf_core(std::make_unique<FileSource>(std::move(file)));
}

}  // namespace kdump
