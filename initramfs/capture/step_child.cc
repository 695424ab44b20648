// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/step_child.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/fd.h"
#include "initramfs/capture/pipe.h"

namespace kdump::capture {
namespace {

constexpr int kFailed = 1;
constexpr size_t kMaxText = size_t{64} << 10;  // what an empty pipe takes without a reader

// Neither end waits: neither a chatty child nor a stuck one may hold the other.
Result<Pipe> make_text_pipe() {
  Pipe pipe = TRY(make_pipe());
  if (fcntl(pipe.write_end.get(), F_SETFL, O_NONBLOCK) != 0) return fail_errno(errno, "cannot set up a pipe");
  return pipe;
}

std::string drain(int fd) {
  std::string text(kMaxText, '\0');
  size_t used = 0;
  while (used < text.size()) {
    const ssize_t n = read(fd, text.data() + used, text.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    used += static_cast<size_t>(n);
  }
  text.resize(used);
  return text;
}

void emit_to(int fd, std::string_view text) {
  [[maybe_unused]] const ssize_t ignored = write(fd, text.data(), text.size());
}

// noexcept: an exception that left the child's body would run the parent's code a second time.
int run_body(const std::function<Status(const Emit&)>& body, const Pipe& text, const Pipe& error) noexcept {
  const Status status = body([&](std::string_view piece) { emit_to(text.write_end.get(), piece); });
  if (status) return 0;
  emit_to(error.write_end.get(), status.error().message());
  return kFailed;
}

Status status_of(const ExitState& exit, std::string message) {
  if (exit.succeeded()) return {};
  if (exit.timed_out) return fail(ErrorKind::timed_out, "did not finish in time");
  if (exit.code == kFailed && !message.empty()) return fail("{}", message);
  return fail("{}", exit.describe());
}

Result<StepOutput> run(const std::function<Status(const Emit&)>& body, SteadyTime deadline) {
  const Pipe text = TRY(make_text_pipe());
  const Pipe error = TRY(make_text_pipe());
  Child child = TRY(spawn_function([&] { return run_body(body, text, error); }));
  const ExitState exit = TRY(child.wait(deadline));
  return StepOutput{.status = status_of(exit, drain(error.read_end.get())),
                    .text = drain(text.read_end.get()),
                    .timed_out = exit.timed_out};
}

}  // namespace

StepOutput run_in_child(const std::function<Status(const Emit&)>& body, SteadyTime deadline) {
  Result<StepOutput> output = run(body, deadline);
  if (output) return std::move(*output);
  return StepOutput{.status = Failure(output.error()), .text = {}, .timed_out = false};
}

Status run_step_in_child(const std::function<Status()>& body, SteadyTime deadline) {
  return run_in_child([&](const Emit&) { return body(); }, deadline).status;
}

}  // namespace kdump::capture
