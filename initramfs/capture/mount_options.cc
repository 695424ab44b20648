// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/mount_options.h"

#include <sys/mount.h>

#include <algorithm>

#include "common/text.h"

namespace kdump::capture {
namespace {

struct GeneralWord {
  std::string_view name;
  unsigned long set;
};

// 0: said to mount(8) only, or already so.
constexpr GeneralWord kGeneralWords[] = {
    {"defaults", 0},
    {"rw", 0},
    {"ro", 0},
    {"auto", 0},
    {"noauto", 0},
    {"user", 0},
    {"nouser", 0},
    {"users", 0},
    {"nofail", 0},
    {"_netdev", 0},
    {"exec", 0},
    {"suid", 0},
    {"dev", 0},
    {"async", 0},
    {"atime", 0},
    {"diratime", 0},
    {"noexec", 0},
    {"nosuid", 0},
    {"nodev", 0},
    {"seclabel", 0},
    {"noatime", MS_NOATIME},
    {"nodiratime", MS_NODIRATIME},
    {"relatime", MS_RELATIME},
    {"norelatime", 0},
    {"strictatime", MS_STRICTATIME},
    {"lazytime", MS_LAZYTIME},
    {"nolazytime", 0},
    {"sync", MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC},
    {"iversion", MS_I_VERSION},
};

}  // namespace

MountArguments mount_arguments(std::string_view options) {
  MountArguments result;
  for (const std::string_view word : split(options, ',')) {
    if (word.empty() || word.starts_with("x-")) continue;
    const auto* const general = std::ranges::find(kGeneralWords, word, &GeneralWord::name);
    if (general != std::end(kGeneralWords)) {
      result.flags |= general->set;
      continue;
    }
    result.data += (result.data.empty() ? "" : ",") + std::string(word);
  }
  return result;
}

}  // namespace kdump::capture
