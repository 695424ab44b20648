// SPDX-License-Identifier: GPL-2.0-or-later
// What is wrong with a dump: all of it counted, the first ones kept in words.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace kdump {

class ProblemList {
 public:
  static constexpr size_t kKept = 20;

  // `place` orders them: a page frame number, or 0 for what is about the whole file. From any thread.
  void add(uint64_t place, std::string text) {
    const std::scoped_lock lock(mutex_);
    ++count_;
    kept_.emplace(place, std::move(text));
    if (kept_.size() > kKept) kept_.erase(std::prev(kept_.end()));
  }
  [[nodiscard]] uint64_t count() const { return count_; }
  // The first ones, ascending.
  [[nodiscard]] const std::multimap<uint64_t, std::string>& kept() const { return kept_; }

 private:
  std::mutex mutex_;
  uint64_t count_ = 0;
  std::multimap<uint64_t, std::string> kept_;
};

}  // namespace kdump
