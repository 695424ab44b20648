// SPDX-License-Identifier: GPL-2.0-or-later
// Which reader a file gets. A new format = a row in kFormats.
#include "makedumpfile/vmcore/open.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/layout/diskdump.h"
#include "common/layout/flattened.h"
#include "makedumpfile/vmcore/elf_core.h"
#include "makedumpfile/vmcore/flattened_source.h"
#include "makedumpfile/vmcore/kdump_file.h"
#include "makedumpfile/vmcore/mapped_source.h"
#include "makedumpfile/vmcore/spool.h"

namespace kdump {
namespace {

constexpr std::string_view kStandardInput = "standard input";
constexpr std::string_view kFlattenedSignature = "makedumpfile";

struct Format {
  std::string_view signature;  // at the start of the file
  Result<std::unique_ptr<Vmcore>> (*read)(std::unique_ptr<ByteSource> source);
};

Result<std::unique_ptr<Vmcore>> refuse_nested(std::unique_ptr<ByteSource> source) {
  return fail(ErrorKind::corrupt, "{}: a flattened stream of a flattened stream", source->name());
}

Result<std::unique_ptr<Vmcore>> refuse_diskdump(std::unique_ptr<ByteSource> source) {
  return fail(ErrorKind::unsupported, "{}: a dump of diskdump, which is not supported", source->name());
}

constexpr Format kFormats[] = {
    {"\x7f"
     "ELF",
     read_elf_core},
    {{diskdump::kSignature, sizeof diskdump::kSignature}, read_kdump_file},
    {kFlattenedSignature, refuse_nested},
    {"DISKDUMP", refuse_diskdump},
};

// /proc/vmcore by whatever path: a file of procfs cannot shrink under a mapping.
bool is_in_procfs(int fd) {
  struct statfs status{};
  return fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

Result<UniqueFd> open_input(const std::string& path) {
  if (path != "-") return open_file(path, O_RDONLY);
  UniqueFd fd(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
  if (!fd) return fail_errno(errno, "{}", kStandardInput);
  return fd;
}

Result<FileSource> open_file_source(const std::string& path, const OpenOptions& options) {
  std::string name = path == "-" ? std::string(kStandardInput) : path;
  UniqueFd fd = TRY(open_input(path));
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return fail_errno(errno, "{}", name);
  auto size = static_cast<uint64_t>(status.st_size);
  if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) {
    fd = TRY(spool(fd.get(), name, spool_directory(options.work_dir)));
    size = TRY(file_size(fd.get()));
  } else if (S_ISBLK(status.st_mode)) {
    const off_t end = lseek(fd.get(), 0, SEEK_END);
    if (end < 0) return fail_errno(errno, "{}", name);
    size = static_cast<uint64_t>(end);
  } else if (!S_ISREG(status.st_mode)) {
    return fail(ErrorKind::unsupported, "{}: no file, pipe or block device, and a dump is read in any order",
                name);
  }
  return FileSource(std::move(name), std::move(fd), size);
}

Result<std::unique_ptr<Vmcore>> read_dump(std::unique_ptr<ByteSource> source) {
  for (const Format& format : kFormats)
    if (TRY(starts_with(*source, format.signature))) return format.read(std::move(source));
  return fail(ErrorKind::unsupported, "{}: no dump: neither an ELF core nor another known format",
              source->name());
}

}  // namespace

Result<bool> starts_with(const ByteSource& source, std::string_view signature) {
  std::string start(signature.size(), '\0');
  if (source.size() < start.size()) return false;
  TRY(source.read(0, std::as_writable_bytes(std::span(start))));
  return start == signature;
}

Result<std::unique_ptr<ByteSource>> open_dump_source(const std::string& path, const OpenOptions& options,
                                                     bool* flattened) {
  FileSource file = TRY(open_file_source(path, options));
  const bool is_stream = TRY(starts_with(file, kFlattenedSignature));
  if (flattened != nullptr) *flattened = is_stream;
  if (is_stream) return TRY(FlattenedSource::index(std::make_unique<FileSource>(std::move(file))));
  if (options.use_mmap && is_in_procfs(file.fd())) return std::make_unique<MappedSource>(std::move(file));
  return std::make_unique<FileSource>(std::move(file));
}

Result<std::unique_ptr<Vmcore>> open_vmcore(const std::string& path, const OpenOptions& options) {
  return read_dump(TRY(open_dump_source(path, options)));
  // The analyzer takes the pointer that was moved out of TRY's value for one that nobody owns.
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks)

}  // namespace kdump
