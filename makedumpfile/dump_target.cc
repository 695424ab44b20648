// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/dump_target.h"

#include "makedumpfile/format/flattener.h"
#include "makedumpfile/sink/fd_stream.h"
#include "makedumpfile/sink/file_sink.h"
#include "makedumpfile/sink/null_sink.h"
#include "makedumpfile/sink/size_limit.h"

namespace kdump {

namespace {

void flatten(Target& target, Stream& stream, const DumpRequest& request) {
  if (request.size_limit)
    target.limited_stream = std::make_unique<LimitedStream>(stream, *request.size_limit, LimitedBy::option);
  target.opened = std::make_unique<Flattener>(target.limited_stream ? *target.limited_stream : stream);
  target.place = target.opened.get();
}

void limit(Target& target, const DumpRequest& request) {
  if (!request.size_limit) return;
  target.limited = std::make_unique<LimitedPlace>(*target.place, *request.size_limit, LimitedBy::option);
  target.place = target.limited.get();
}

Result<Target> open_target(const DumpRequest& request, const std::string& output) {
  Target target;
  if (!request.dry_run && request.destination_stream != nullptr) {
    flatten(target, *request.destination_stream, request);
    return target;
  }
  if (!request.dry_run && request.destination == nullptr && request.flattened) {
    target.stream = std::make_unique<FdStream>(request.output_fd, "flattened stream");
    flatten(target, *target.stream, request);
    return target;
  }
  if (request.dry_run) {
    target.opened = std::make_unique<NullSink>();
  } else if (request.destination == nullptr) {
    target.opened = TRY(FileSink::create(output, request.overwrite, request.min_free));
  }
  target.place = target.opened ? target.opened.get() : request.destination;
  limit(target, request);
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
