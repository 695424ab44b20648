// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/run.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <string>

#include "common/fd.h"

namespace kdump::worker {
namespace {

constexpr size_t kMaxRequest = size_t{4} << 20;
constexpr size_t kReadStep = size_t{16} << 10;

// A step at a time: a request is small, and what was touched once is gone for the dump.
Result<std::string> read_standard_input() {
  std::string text;
  size_t got = kReadStep;
  while (got == kReadStep && text.size() < kMaxRequest) {
    const size_t before = text.size();
    text.resize(before + kReadStep);
    const MutableBytes rest = std::as_writable_bytes(std::span(text).subspan(before));
    got = TRY(with_context(read_up_to(STDIN_FILENO, rest), "standard input"));
    text.resize(before + got);
  }
  return text;
}

// Set before anything is allocated in earnest: memory is to be got back from here first.
void volunteer_for_oom_killer() {
  const Result<UniqueFd> fd = open_file("/proc/self/oom_score_adj", O_WRONLY);
  if (!fd) return;
  [[maybe_unused]] const Status ignored = write_all(fd->get(), bytes_of(std::string_view("1000")));
}

Status run(std::span<const Route> server, Channel& channel) {
  const std::string text = TRY(read_standard_input());
  const protocol::Request request = TRY(protocol::request_from_json(text));
  return serve(request, server, channel);
}

Status run_whatever_comes(std::span<const Route> server, Channel& channel) {
  try {
    return run(server, channel);
  } catch (const std::exception& e) {
    return fail("{}", e.what());
  }
}

}  // namespace

int run_worker(std::span<const Route> server) {
  if (fcntl(protocol::kEventFd, F_GETFD) < 0) {
    std::fputs("kdump-capture-worker: started by kdump-capture and by nothing else; see kdump-capture(8)\n",
               stderr);
    return 2;
  }
  volunteer_for_oom_killer();
  umask(077);
  Channel channel(protocol::kEventFd);
  const Status status = run_whatever_comes(server, channel);
  if (!status) {
    channel.failed(status.error());
    return 1;
  }
  channel.done();
  return 0;
}

}  // namespace kdump::worker
