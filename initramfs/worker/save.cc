// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/save.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "common/fd.h"
#include "common/file.h"
#include "initramfs/worker/collector.h"
#include "initramfs/worker/kernel_log.h"
#include "initramfs/worker/local_place.h"
#include "initramfs/worker/raw_place.h"
#include "makedumpfile/save_dmesg.h"

namespace kdump::worker {
namespace {

using protocol::Mode;
using protocol::Request;

constexpr size_t kConsoleLines = 50;
constexpr uint64_t kConsoleBytes = 128 << 10;  // more than 50 lines ever are

// A file that is made when there is something to write, so that a log which cannot be read leaves nothing.
class LateFile final : public Stream {
 public:
  LateFile(Place& place, std::string name) : place_(place), name_(std::move(name)) {}

  Status write(Bytes data) override {
    if (!file_) file_ = TRY(place_.create(name_, std::nullopt));
    bytes_ += data.size();
    return file_->write(data);
  }
  Status finish() override { return file_ ? file_->finish() : fail("nothing to write"); }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  Place& place_;
  std::string name_;
  std::unique_ptr<Stream> file_;
  uint64_t bytes_ = 0;
};

Result<plan::Plan> read_plan(const Request& request) {
  const std::string text = TRY(read_text_file(request.plan));
  return with_context(plan::from_json(text), "{}", request.plan);
}

// New kind of target without a library of its own = a row.
constexpr Route kRoutes[] = {
    {plan::Way::filesystem, open_local_place},
    {plan::Way::kernel_nfs, open_local_place},
    {plan::Way::raw, open_raw_place},
};

Result<std::unique_ptr<Place>> open_place(const Errand& errand, std::span<const Route> server) {
  const plan::Way way = plan::way_to(errand.target);
  for (const std::span<const Route> routes : {std::span<const Route>(kRoutes), server}) {
    const auto route = std::ranges::find(routes, way, &Route::way);
    if (route == routes.end()) continue;
    auto place = TRY(route->open(errand));
    if (errand.request.dump_directory.empty()) errand.channel.directory(place->directory());
    return place;
  }
  return fail(ErrorKind::unsupported, "{}: not a target of this worker", plan::target_text(errand.target));
}

Status save_log(const Errand& errand, Place& place) {
  constexpr const char* kName = "vmcore-dmesg.txt";
  errand.channel.step("Saving the log", 0);
  LateFile file(place, kName);
  TRY(with_context(write_dmesg(errand.request.vmcore, file), "{}", kName));
  tell_saved(place, kName, file.bytes(), errand.channel);
  return {};
}

Status dump(const Errand& errand, Place& place) {
  // First what is small and tells most; without it there is still a dump to save. Where there is a directory
  // already, an attempt before had its try at the log.
  const bool first = errand.request.dump_directory.empty();
  const Status logged = first ? save_log(errand, place) : Status();
  if (!logged) errand.channel.note(logged.error().message());
  const Collected dump = TRY(collect(errand, place));
  tell_saved(place, dump.name, dump.bytes, errand.channel);
  return {};
}

Status save_text(const Errand& errand, Place& place, const std::string& name, std::string_view content) {
  return with_context(save_file(place, name, bytes_of(content), errand.channel), "{}", name);
}

Status save_capture_log(const Errand& errand, Place& place) {
  return save_text(errand, place, "kexec-dmesg.log", TRY(read_kernel_log()));
}

Status save_config(const Errand& errand, Place& place) {
  return save_text(errand, place, "kdump.conf", TRY(read_text_file(errand.request.config)));
}

// Each file for itself: one that cannot be saved must not cost the others. The first error is the answer.
Status finish(const Errand& errand, Place& place) {
  errand.channel.step("Saving the result", 0);
  const Status saved[] = {
      save_capture_log(errand, place),
      save_text(errand, place, "kdump-result.json", errand.request.result),
      save_config(errand, place),
  };
  for (const Status& status : saved) TRY(Status(status));
  return {};
}

Result<std::string> read_tail(int fd, uint64_t limit) {
  const uint64_t size = TRY(file_size(fd));
  const uint64_t begin = size - std::min(size, limit);
  std::string text(size - begin, '\0');
  TRY(pread_exact(fd, std::as_writable_bytes(std::span(text)), begin));
  return text;
}

// Needs no target, and no plan.
Status log_to_console(const Request& request) {
  const UniqueFd log(memfd_create("log", MFD_CLOEXEC));
  if (!log) return fail_errno(errno, "cannot create a memory file");
  TRY(write_dmesg(request.vmcore, "", log.get(), false));
  const std::string tail = TRY(read_tail(log.get(), kConsoleBytes));
  return write_all(STDOUT_FILENO, bytes_of(last_lines(tail, kConsoleLines)));
}

// New mode = a row.
constexpr struct {
  Mode mode;
  Status (*serve)(const Errand& errand, Place& place);
} kModes[] = {
    {Mode::dump, dump},
    {Mode::log, save_log},
    {Mode::finish, finish},
};

}  // namespace

std::string_view last_lines(std::string_view text, size_t count) {
  size_t begin = text.size();
  if (begin > 0 && text[begin - 1] == '\n') --begin;
  for (size_t lines = 0; lines < count && begin != std::string_view::npos; ++lines)
    begin = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
  return begin == std::string_view::npos ? text : text.substr(begin + 1);
}

Status serve(const Request& request, std::span<const Route> server, Channel& channel) {
  if (request.mode == Mode::console_log) return log_to_console(request);
  const plan::Plan plan = TRY(read_plan(request));
  const plan::Target* target = plan::target_at(plan, request.target);
  if (target == nullptr) return fail("the plan has no target number {}", request.target);
  const Errand errand{.request = request, .plan = plan, .target = *target, .channel = channel};
  for (const auto& row : kModes) {
    if (row.mode != request.mode) continue;
    const std::unique_ptr<Place> place = TRY(open_place(errand, server));
    return row.serve(errand, *place);
  }
  return fail(ErrorKind::unsupported, "mode {}", protocol::mode_name(request.mode));
}

}  // namespace kdump::worker
