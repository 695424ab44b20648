// SPDX-License-Identifier: GPL-2.0-or-later
// Batches go in, are worked on by any thread, and come out in the order in which they went in.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "makedumpfile/pipeline/batch.h"

namespace kdump {

class WorkerPool {
 public:
  using Work = std::function<void(Batch&)>;

  // `make_work` is called once a thread, so that each has working memory of its own. With one thread there is
  // none besides the caller's: take_oldest() does the work.
  WorkerPool(unsigned threads, const std::function<Work()>& make_work);
  // Drops what was not begun and joins.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // The batch belongs to the pool until take_oldest() gives it back.
  void submit(Batch& batch);
  // The oldest submitted batch, when its work is done. There must be one.
  Batch& take_oldest();

 private:
  void run(const Work& work);

  std::mutex mutex_;
  std::condition_variable work_waits_;
  std::condition_variable oldest_ready_;
  std::deque<Batch*> waiting_;  // not begun
  std::deque<Batch*> order_;    // all that were submitted and not taken
  bool stopping_ = false;
  Work inline_work_;
  std::vector<std::jthread> threads_;
};

}  // namespace kdump
