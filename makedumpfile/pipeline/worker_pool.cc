// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/pipeline/worker_pool.h"

namespace kdump {

WorkerPool::WorkerPool(unsigned threads, const std::function<Work()>& make_work) {
  if (threads <= 1) {
    inline_work_ = make_work();
    return;
  }
  threads_.reserve(threads);
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this, work = make_work()] { run(work); });
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  work_waits_.notify_all();
}

void WorkerPool::submit(Batch& batch) {
  batch.ready = false;
  {
    const std::scoped_lock lock(mutex_);
    order_.push_back(&batch);
    if (!inline_work_) waiting_.push_back(&batch);
  }
  work_waits_.notify_one();
}

Batch& WorkerPool::take_oldest() {
  std::unique_lock lock(mutex_);
  Batch& oldest = *order_.front();
  if (inline_work_) {
    inline_work_(oldest);
  } else {
    oldest_ready_.wait(lock, [&] { return oldest.ready; });
  }
  order_.pop_front();
  return oldest;
}

void WorkerPool::run(const Work& work) {
  std::unique_lock lock(mutex_);
  while (true) {
    work_waits_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Batch& batch = *waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    work(batch);
    lock.lock();
    batch.ready = true;
    // Only the oldest can be waited for; the others are found ready when their turn comes.
    if (order_.front() == &batch) oldest_ready_.notify_one();
  }
}

}  // namespace kdump
