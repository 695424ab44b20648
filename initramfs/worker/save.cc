// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/save.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "common/fd.h"
#include "common/file.h"
#include "initramfs/plan/plan.h"
#include "initramfs/worker/collector.h"
#include "initramfs/worker/directory.h"
#include "initramfs/worker/kernel_log.h"
#include "makedumpfile/save_dmesg.h"

namespace kdump::worker {
namespace {

using protocol::Mode;
using protocol::Request;

constexpr mode_t kPrivate = 0600;  // memory and logs hold secrets
constexpr size_t kConsoleLines = 50;
constexpr uint64_t kConsoleBytes = 128 << 10;  // more than 50 lines ever are

Result<plan::Plan> read_plan(const Request& request) {
  const std::string text = TRY(read_text_file(request.plan));
  return with_context(plan::from_json(text), "{}", request.plan);
}

// The directory of this dump; made where there is none yet.
Result<std::string> directory_for(const Request& request, const plan::Plan& plan, Channel& channel) {
  if (!request.dump_directory.empty()) return request.dump_directory;
  const std::string name = directory_name(time(nullptr), plan.utc_offset_seconds);
  std::string path = TRY(make_dump_directory(request.directory, name));
  channel.directory(path);
  const Status labelled = copy_label(request.directory, path);
  if (!labelled) channel.note(labelled.error().message());
  return path;
}

Status tell_saved(const std::string& directory, const std::string& name, Channel& channel) {
  const std::string path = directory + "/" + name;
  const Status labelled = copy_label(directory, path);
  if (!labelled) channel.note(labelled.error().message());
  const UniqueFd fd = TRY(open_file(path, O_RDONLY));
  channel.saved(name, TRY(file_size(fd.get())));
  return {};
}

Status save_log(const std::string& directory, const Request& request, Channel& channel) {
  channel.step("Saving the log", 0);
  TRY(with_context(write_dmesg(request.vmcore, directory + "/vmcore-dmesg.txt", -1, true),
                   "vmcore-dmesg.txt"));
  return tell_saved(directory, "vmcore-dmesg.txt", channel);
}

Status save_text(const std::string& directory, const std::string& name, std::string_view content,
                 Channel& channel) {
  TRY(replace_file(directory + "/" + name, bytes_of(content), kPrivate));
  return tell_saved(directory, name, channel);
}

Status dump(const Request& request, Channel& channel) {
  const plan::Plan plan = TRY(read_plan(request));
  const std::string directory = TRY(directory_for(request, plan, channel));
  // First what is small and tells most; without it there is still a dump to save.
  const Status logged = save_log(directory, request, channel);
  if (!logged) channel.note(logged.error().message());
  const UniqueFd reserve = reserve_space(directory);
  TRY(collect(plan.collector, request.vmcore, directory + "/vmcore", channel));
  return tell_saved(directory, "vmcore", channel);
}

Status log_alone(const Request& request, Channel& channel) {
  const plan::Plan plan = TRY(read_plan(request));
  const std::string directory = TRY(directory_for(request, plan, channel));
  return save_log(directory, request, channel);
}

Status save_capture_log(const std::string& directory, Channel& channel) {
  const std::string log = TRY(read_kernel_log());
  return save_text(directory, "kexec-dmesg.log", log, channel);
}

Status save_config(const std::string& directory, const Request& request, Channel& channel) {
  const std::string config = TRY(read_text_file(request.config));
  return save_text(directory, "kdump.conf", config, channel);
}

// Each file for itself: one that cannot be saved must not cost the others. The first error is the answer.
Status finish(const Request& request, Channel& channel) {
  const std::string& directory = request.dump_directory;
  if (directory.empty()) return fail("there is no directory to finish");
  channel.step("Saving the result", 0);
  const Status saved[] = {
      save_capture_log(directory, channel),
      save_text(directory, "kdump-result.json", request.result, channel),
      save_config(directory, request, channel),
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

Status log_to_console(const Request& request, Channel& /*unused*/) {
  const UniqueFd log(memfd_create("log", MFD_CLOEXEC));
  if (!log) return fail_errno(errno, "cannot create a memory file");
  TRY(write_dmesg(request.vmcore, "", log.get(), false));
  const std::string tail = TRY(read_tail(log.get(), kConsoleBytes));
  return write_all(STDOUT_FILENO, bytes_of(last_lines(tail, kConsoleLines)));
}

// New mode = a row.
constexpr struct {
  Mode mode;
  Status (*serve)(const Request& request, Channel& channel);
} kModes[] = {
    {Mode::dump, dump},
    {Mode::log, log_alone},
    {Mode::finish, finish},
    {Mode::console_log, log_to_console},
};

}  // namespace

std::string_view last_lines(std::string_view text, size_t count) {
  size_t begin = text.size();
  if (begin > 0 && text[begin - 1] == '\n') --begin;
  for (size_t lines = 0; lines < count && begin != std::string_view::npos; ++lines)
    begin = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
  return begin == std::string_view::npos ? text : text.substr(begin + 1);
}

Status serve(const Request& request, Channel& channel) {
  for (const auto& row : kModes) {
    if (row.mode == request.mode) return row.serve(request, channel);
  }
  return fail(ErrorKind::unsupported, "mode {}", protocol::mode_name(request.mode));
}

}  // namespace kdump::worker
