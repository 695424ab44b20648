// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/rearrange.h"

#include "common/fd.h"
#include "makedumpfile/dump_target.h"
#include "makedumpfile/format/reassembler.h"
#include "makedumpfile/sink/file_sink.h"
#include "makedumpfile/vmcore/kdump_headers.h"

namespace kdump {
namespace {

Result<RearrangeReport> rearrange(int input_fd, FileSink& file) {
  const auto read = [input_fd](MutableBytes out) { return read_up_to(input_fd, out); };
  RearrangeReport report{.bytes = TRY(reassemble(read, "flattened stream", file))};
  const auto headers = TRY(find_kdump_headers(file.remains()));
  report.marked_incomplete = headers && headers->incomplete();
  TRY(file.finish());
  return report;
}

}  // namespace

Result<RearrangeReport> rearrange_dump(int input_fd, const std::string& output, bool overwrite) {
  const std::unique_ptr<FileSink> file = TRY(FileSink::create(output, overwrite));
  Result<RearrangeReport> report = rearrange(input_fd, *file);
  if (!report) return with_remains(std::move(report).error(), file->remains(), "what there was of it is");
  return report;
}

}  // namespace kdump
