// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/channel.h"

#include "common/fd.h"

namespace kdump::worker {

using protocol::EventKind;

namespace {

// Every path is told as it is on the target: where kdump-capture mounted it is of no use to anyone.
std::string told(std::string_view text) {
  const std::string mount = std::string(protocol::kTargetMount) + "/";
  std::string result(text);
  for (size_t at = result.find(mount); at != std::string::npos; at = result.find(mount, at + 1))
    result.erase(at, mount.size() - 1);
  return result;
}

}  // namespace

void Channel::send(const protocol::Event& event) const {
  const std::string line = protocol::to_line(event);
  [[maybe_unused]] const Status ignored = write_all(fd_, bytes_of(line));
}

void Channel::failed(const Error& error) const {
  const bool full = error.kind() == ErrorKind::no_space;
  send({.kind = EventKind::failed, .text = told(error.message()), .number = full ? 1U : 0U});
}

void Channel::alive() {
  constexpr std::chrono::seconds kBetween{1};
  if (std::chrono::steady_clock::now() - told_ >= kBetween) progress(done_);
}

void Channel::step(std::string_view name, uint64_t total) {
  done_ = 0;
  send({.kind = EventKind::step, .text = std::string(name), .number = total});
}

void Channel::progress(uint64_t done) {
  done_ = done;
  told_ = std::chrono::steady_clock::now();
  send({.kind = EventKind::progress, .number = done});
}

void Channel::note(std::string_view text) { send({.kind = EventKind::note, .text = told(text)}); }

}  // namespace kdump::worker
