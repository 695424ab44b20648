// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/dump_target.h"

#include "makedumpfile/format/flattener.h"
#include "makedumpfile/sink/fd_stream.h"
#include "makedumpfile/sink/file_sink.h"
#include "makedumpfile/sink/null_sink.h"

namespace kdump {

namespace {

Result<Target> open_target(const DumpRequest& request, const std::string& output) {
  Target target;
  if (request.dry_run) {
    target.opened = std::make_unique<NullSink>();
  } else if (request.destination_stream != nullptr) {
    target.opened = std::make_unique<Flattener>(*request.destination_stream);
  } else if (request.destination != nullptr) {
    target.place = request.destination;
    return target;
  } else if (request.flattened) {
    target.stream = std::make_unique<FdStream>(request.output_fd, "flattened stream");
    target.opened = std::make_unique<Flattener>(*target.stream);
  } else {
    target.opened = TRY(FileSink::create(output, request.overwrite, request.min_free));
  }
  target.place = target.opened.get();
  return target;
}

std::vector<std::string> outputs_of(const DumpRequest& request) {
  return request.split_outputs.empty() ? std::vector{request.output} : request.split_outputs;
}

}  // namespace

Result<std::vector<Target>> open_targets(const DumpRequest& request) {
  std::vector<Target> targets;
  for (const std::string& output : outputs_of(request)) targets.push_back(TRY(open_target(request, output)));
  return targets;
}

Status check_targets(const DumpRequest& request) {
  const bool named =
      !request.flattened && request.destination == nullptr && request.destination_stream == nullptr;
  if (request.dry_run || !named) return {};
  for (const std::string& output : outputs_of(request)) TRY(FileSink::check(output, request.overwrite));
  return {};
}

Failure with_remains(Error error, std::string_view remains, std::string_view what) {
  if (remains.empty()) return std::unexpected(std::move(error));
  return make_failure(error.kind(), error.errno_value(),
                      fmt::format("{} ({} in {})", error.message(), what, remains));
}

}  // namespace kdump
