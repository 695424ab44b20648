// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/channel.h"

#include "common/fd.h"

namespace kdump::worker {

using protocol::EventKind;

void Channel::send(const protocol::Event& event) const {
  const std::string line = protocol::to_line(event);
  [[maybe_unused]] const Status ignored = write_all(fd_, bytes_of(line));
}

void Channel::step(std::string_view name, uint64_t total) {
  send({.kind = EventKind::step, .text = std::string(name), .number = total});
}

void Channel::progress(uint64_t done) { send({.kind = EventKind::progress, .number = done}); }

void Channel::note(std::string_view text) { send({.kind = EventKind::note, .text = std::string(text)}); }

}  // namespace kdump::worker
