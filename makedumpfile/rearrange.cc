// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/rearrange.h"

#include "common/fd.h"
#include "makedumpfile/dump_target.h"
#include "makedumpfile/format/kdump_header.h"
#include "makedumpfile/format/reassembler.h"
#include "makedumpfile/sink/file_sink.h"

namespace kdump {
namespace {

Result<RearrangeReport> rearrange(int input_fd, FileSink& file) {
  const auto read = [input_fd](MutableBytes out) { return read_up_to(input_fd, out); };
  RearrangeReport report{.bytes = TRY(reassemble(read, "flattened stream", file))};
  ByteVector start(kKdumpHeaderBytes);
  const UniqueFd fd = TRY(open_file(file.remains(), O_RDONLY));
  start.resize(TRY(with_context(pread_up_to(fd.get(), start, 0), "{}", file.remains())));
  if (is_kdump(start)) {
    const KdumpHeaderFacts facts = TRY(read_kdump_header(start, report.bytes, file.remains()));
    report.marked_incomplete = facts.incomplete;
  }
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
