// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/machine/detached_mount.h"

#include <sys/mount.h>
#include <unistd.h>

#include "common/text.h"

namespace kdump::service {
namespace {

// What the kernel has written to the context: "e nfs4: Permission denied", a message a read(2).
std::string kernels_words(int context) {
  char text[512];
  std::string words;
  for (ssize_t n = 0; (n = read(context, text, sizeof text)) > 0;) {
    const std::string_view message = trim(std::string_view(text, static_cast<size_t>(n)));
    if (message.starts_with("e ")) words.append(words.empty() ? "" : "; ").append(message.substr(2));
  }
  return words;
}

Failure mount_failure(int context, int error, const std::string& source, const std::string& fstype) {
  const std::string words = kernels_words(context);
  Failure failure = fail_errno(error, "{} cannot be mounted as {}", source, fstype);
  if (words.empty()) return failure;
  return make_failure(failure.error().kind(), error,
                      fmt::format("{} ({})", failure.error().message(), words));
}

bool set_option(int context, std::string_view option) {
  const size_t equals = option.find('=');
  const std::string name(option.substr(0, equals));
  if (equals == std::string_view::npos)
    return fsconfig(context, FSCONFIG_SET_FLAG, name.c_str(), nullptr, 0) == 0;
  const std::string value(option.substr(equals + 1));
  return fsconfig(context, FSCONFIG_SET_STRING, name.c_str(), value.c_str(), 0) == 0;
}

Status configure(int context, const std::string& source, const std::string& options) {
  if (fsconfig(context, FSCONFIG_SET_STRING, "source", source.c_str(), 0) != 0)
    return fail_errno(errno, "{}", source);
  for (const std::string_view option : split(options, ','))
    if (!option.empty() && !set_option(context, option)) return fail_errno(errno, "option {}", option);
  return {};
}

}  // namespace

Result<UniqueFd> mount_detached(const std::string& fstype, const std::string& source,
                                const std::string& options) {
  const UniqueFd context(fsopen(fstype.c_str(), FSOPEN_CLOEXEC));
  if (!context) return fail_errno(errno, "the kernel has no filesystem {}", fstype);
  TRY(with_context(configure(context.get(), source, options), "{} cannot be mounted as {}", source, fstype));
  if (fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return mount_failure(context.get(), errno, source, fstype);
  UniqueFd mounted(
      fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
  if (!mounted) return mount_failure(context.get(), errno, source, fstype);
  return mounted;
}

}  // namespace kdump::service
