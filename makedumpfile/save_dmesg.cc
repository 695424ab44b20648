// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/save_dmesg.h"

#include "makedumpfile/dump_target.h"
#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/kernel/vmcoreinfo_search.h"
#include "makedumpfile/report/dmesg.h"
#include "makedumpfile/sink/fd_stream.h"
#include "makedumpfile/sink/file_sink.h"
#include "makedumpfile/vmcore/vmcore.h"

namespace kdump {
namespace {

// What could be read is written, also when it ends with an error.
Status copy_log(const KernelInfo& kernel, LogPart part, const std::function<Status(Bytes)>& write) {
  constexpr size_t kBuffer = size_t{64} << 10;
  std::string text;
  const auto collect = [&](std::string_view line) -> Status {
    text += line;
    if (text.size() < kBuffer) return {};
    TRY(write(bytes_of(std::string_view(text))));
    text.clear();
    return {};
  };
  const Status read = read_dmesg(kernel, collect, part);
  if (!text.empty()) TRY(write(bytes_of(std::string_view(text))));
  return read;
}

Status save_log(const KernelInfo& kernel, LogPart part, FileSink& file) {
  uint64_t offset = 0;
  const auto append = [&](Bytes text) -> Status {
    TRY(file.write_at(offset, text));
    offset += text.size();
    return {};
  };
  TRY(copy_log(kernel, part, append));
  return file.finish();
}

}  // namespace

Status write_dmesg(const std::string& vmcore_path, Stream& stream, const NamedFacts& named, LogPart part) {
  const std::unique_ptr<Vmcore> vmcore = with_vmcoreinfo(TRY(open_vmcore(vmcore_path)));
  const KernelInfo kernel = TRY(read_kernel_info(*vmcore, named));
  TRY(copy_log(kernel, part, [&](Bytes text) { return stream.write(text); }));
  return stream.finish();
}

Status write_dmesg(const std::string& vmcore_path, const std::string& output, int fd, bool overwrite,
                   const NamedFacts& named, LogPart part) {
  if (fd >= 0) {
    FdStream stream(fd, "log");
    return write_dmesg(vmcore_path, stream, named, part);
  }
  TRY(FileSink::check(output, overwrite));
  const std::unique_ptr<Vmcore> vmcore = with_vmcoreinfo(TRY(open_vmcore(vmcore_path)));
  const KernelInfo kernel = TRY(read_kernel_info(*vmcore, named));
  const std::unique_ptr<FileSink> file = TRY(FileSink::create(output, overwrite));
  if (Status saved = save_log(kernel, part, *file); !saved)
    return with_remains(std::move(saved).error(), file->remains(), "the incomplete log is");
  return {};
}

}  // namespace kdump
