#include "c2c/serve/worker_pool.h"

#include <utility>

namespace c2c {

bool WorkerPool::start(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopped_ || busy_ >= most_) return false;
  if (threads_.size() <= busy_) threads_.emplace_back([this] { run(); });
  ++busy_;
  waiting_.push_back(std::move(work));
  changed_.notify_one();
  return true;
}

void WorkerPool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::function<void()> work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it holds goes before the worker counts as free
    lock.lock();
    --busy_;
  }
}

void WorkerPool::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

std::size_t WorkerPool::busy() const {
  const std::lock_guard lock(mutex_);
  return busy_;
}

}  // namespace c2c
