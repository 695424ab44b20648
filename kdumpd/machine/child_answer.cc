// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/child_answer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "common/bytes.h"
#include "common/fd.h"
#include "common/process.h"
#include "common/text.h"

namespace kdump::service {
namespace {

constexpr size_t kLongest = size_t{64} << 10;

// "KIND ERRNO TEXT"; kNoError for an answer that is none.
constexpr int kNoError = -1;

std::string pack(const Result<std::string>& answer) {
  if (answer) return fmt::format("{} 0 {}", kNoError, *answer);
  const Error& error = answer.error();
  return fmt::format("{} {} {}", static_cast<int>(error.kind()), error.errno_value(), error.message());
}

Result<std::string> unpack(std::string_view text) {
  const size_t first = text.find(' ');
  const size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
  if (second == std::string_view::npos) return fail("a child process gave no answer");
  const auto kind = parse_i64(text.substr(0, first));
  const auto errno_value = parse_i64(text.substr(first + 1, second - first - 1));
  if (!kind || !errno_value) return fail("a child process gave no answer");
  std::string rest(text.substr(second + 1));
  if (*kind == kNoError) return rest;
  return make_failure(static_cast<ErrorKind>(*kind), static_cast<int>(*errno_value), std::move(rest));
}

// Until the child closes its end, or the deadline.
Result<std::string> read_answer(int fd, SteadyTime deadline, std::chrono::seconds patience) {
  std::string text;
  while (text.size() < kLongest) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd item{fd, POLLIN, 0};
    const int ready = poll(&item, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return fail_errno(errno, "cannot wait for a child process");
    if (ready == 0) return fail(ErrorKind::timed_out, "no answer within {} s", patience.count());
    char part[4096];
    const ssize_t n = read(fd, part, sizeof part);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(errno, "cannot read a child process's answer");
    if (n == 0) break;
    text.append(part, static_cast<size_t>(n));
  }
  return text;
}

}  // namespace

Result<std::string> ask_child(std::chrono::seconds patience,
                              const std::function<Result<std::string>()>& body) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail_errno(errno, "cannot create a pipe");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const SteadyTime deadline = std::chrono::steady_clock::now() + patience;
  Child child = TRY(spawn_function([&] {
    const std::string answer = pack(body());
    return write_all(write_end.get(), bytes_of(std::string_view(answer))) ? 0 : 1;
  }));
  write_end.reset();
  const Result<std::string> text = read_answer(read_end.get(), deadline, patience);
  // Whoever answered is at its end; whoever did not is past it.
  const ExitState exit = TRY(child.wait(text ? deadline : std::chrono::steady_clock::now()));
  if (!text) return Failure(text.error());
  if (text->empty()) return fail("a child process {} without an answer", exit.describe());
  return unpack(*text);
}

}  // namespace kdump::service
