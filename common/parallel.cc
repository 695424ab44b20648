// SPDX-License-Identifier: GPL-2.0-or-later
#include "common/parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace kdump {
namespace {

// Hands out indices in order and keeps the error of the lowest one.
class IndexQueue {
 public:
  explicit IndexQueue(size_t count) : count_(count) {}

  std::optional<size_t> take() {
    const size_t index = next_.fetch_add(1);
    // An index before the failed one must still run: its error would be the one to report.
    if (index >= count_ || index > failed_.load()) return std::nullopt;
    return index;
  }

  void report(size_t index, Error error) {
    const std::scoped_lock lock(mutex_);
    if (index >= failed_.load()) return;
    failed_ = index;
    error_ = std::move(error);
  }

  Status result() {
    if (!error_) return {};
    return std::unexpected(std::move(*error_));
  }

 private:
  size_t count_;
  std::atomic<size_t> next_ = 0;
  std::atomic<size_t> failed_ = SIZE_MAX;
  std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace

Status parallel_for(size_t count, unsigned threads, const std::function<Status(size_t)>& work) {
  IndexQueue queue(count);
  const auto run = [&] {
    while (const auto index = queue.take()) {
      if (Status status = work(*index); !status) queue.report(*index, std::move(status).error());
    }
  };
  std::vector<std::jthread> helpers;
  for (size_t i = 1; i < std::min<size_t>(threads, count); ++i) helpers.emplace_back(run);
  run();
  helpers.clear();
  return queue.result();
}

}  // namespace kdump
