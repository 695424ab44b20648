// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/ssh/ssh_channel.h"

namespace kdump {

Status read_exactly(ByteChannel& channel, MutableBytes out, std::string_view what) {
  while (!out.empty()) {
    const size_t got = TRY(channel.read_some(out));
    if (got == 0) return fail("the server ended in the middle of {}", what);
    out = out.subspan(got);
  }
  return {};
}

std::string RemoteExit::describe() const {
  std::string text = signal.empty() ? fmt::format("exited with status {}", status)
                                    : fmt::format("killed by signal {}", signal);
  if (!complaint.empty()) text += ": " + complaint;
  return text;
}

}  // namespace kdump
