// SPDX-License-Identifier: GPL-2.0-or-later
// The project's one error idiom: Result<T>, TRY, fail, with_context.
//
// Libraries return errors; only a main prints them, once. A message is one line: lower case, no full stop,
// naming the place, what was found and what was expected, and the remedy where there is one. Each caller that
// knows more prepends where it was: "cannot read page table level 3 at 0x…: /proc/vmcore: offset 0x…:
// input/output error".
#pragma once

#include <fmt/core.h>

#include <cerrno>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace kdump {

// What a caller may want to act upon; everything else is for the reader of the message.
enum class ErrorKind {
  failure,      // the system or a file said no
  usage,        // the user's words are off
  corrupt,      // foreign bytes are not what their format says
  no_space,     // the target is full (ENOSPC, EDQUOT)
  unsupported,  // known, not built
  mismatch,     // a file the user named belongs to something else
  timed_out,    // a deadline of ours passed
  cancelled,    // another part failed first
};

class Error {
 public:
  Error(ErrorKind kind, int errno_value, std::string message)
      : message_(std::move(message)), errno_(errno_value), kind_(kind) {}

  [[nodiscard]] ErrorKind kind() const { return kind_; }
  // The errno that caused it, 0 when no system call did.
  [[nodiscard]] int errno_value() const { return errno_; }
  [[nodiscard]] const std::string& message() const { return message_; }

  // Prepends "context: ".
  void prepend(std::string_view context);

 private:
  std::string message_;
  int errno_;
  ErrorKind kind_;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;
using Failure = std::unexpected<Error>;

// The text of an errno, as strerror has it but in lower case at the start ("no such file or directory").
std::string errno_text(int errno_value);

Failure make_failure(ErrorKind kind, int errno_value, std::string message);

template <typename... Args>
Failure fail(fmt::format_string<Args...> format, Args&&... args) {
  return make_failure(ErrorKind::failure, 0, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
Failure fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return make_failure(kind, 0, fmt::format(format, std::forward<Args>(args)...));
}

// "<formatted>: <text of errno_value>"; ENOSPC and EDQUOT become ErrorKind::no_space.
template <typename... Args>
Failure fail_errno(int errno_value, fmt::format_string<Args...> format, Args&&... args) {
  return make_failure(ErrorKind::failure, errno_value,
                      fmt::format(format, std::forward<Args>(args)...) + ": " + errno_text(errno_value));
}

// Passes a result through; an error gets "<formatted>: " in front.
template <typename T, typename... Args>
Result<T> with_context(Result<T> result, fmt::format_string<Args...> format, Args&&... args) {
  if (!result) result.error().prepend(fmt::format(format, std::forward<Args>(args)...));
  return result;
}

namespace detail {
// What TRY yields; not [[nodiscard]], since a caller may want only the check.
template <typename T>
T take(Result<T>&& result) {
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}
}  // namespace detail

}  // namespace kdump

// The value of a Result, or a return of its error from the enclosing function.
#define TRY(...)                                                                  \
  __extension__({                                                                 \
    auto try_result_ = (__VA_ARGS__);                                             \
    if (!try_result_) [[unlikely]]                                                \
      return ::std::unexpected<::kdump::Error>(::std::move(try_result_).error()); \
    ::kdump::detail::take(::std::move(try_result_));                              \
  })
