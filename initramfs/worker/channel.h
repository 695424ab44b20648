// SPDX-License-Identifier: GPL-2.0-or-later
// The worker's voice: events to kdump-capture.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "initramfs/plan/protocol.h"
#include "makedumpfile/dump.h"

namespace kdump::worker {

// Writes each event at once. What cannot be written is lost: a parent that is gone has no use for it.
class Channel final : public DumpObserver {
 public:
  explicit Channel(int fd) : fd_(fd) {}

  void send(const protocol::Event& event) const;
  void directory(const std::string& path) const {
    send({.kind = protocol::EventKind::directory, .text = path});
  }
  void saved(const std::string& name, uint64_t bytes) const {
    send({.kind = protocol::EventKind::saved, .text = name, .number = bytes});
  }
  void failed(const Error& error) const;
  void done() const { send({.kind = protocol::EventKind::done}); }

  // Shows that something still moves, at most once a second: during long writes.
  void alive();

  // DumpObserver
  void step(std::string_view name, uint64_t total) override;
  void progress(uint64_t done) override;
  void note(std::string_view text) override;

 private:
  int fd_;
  uint64_t done_ = 0;  // of the current step
  std::chrono::steady_clock::time_point told_{};
};

}  // namespace kdump::worker
