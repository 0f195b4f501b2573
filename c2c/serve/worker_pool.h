// Threads that work on requests: rendering, tokenizing, waiting for the engine, writing answers. As many as are needed
// at once, up to a bound; work beyond it is refused, not kept.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace c2c {

class WorkerPool {
 public:
  explicit WorkerPool(std::size_t most) : most_(most) {}
  ~WorkerPool() { stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False: every worker is busy, or the pool has stopped. `work` must not throw.
  bool start(std::function<void()> work);
  // Refuses more and returns when all work is done.
  void stop();
  std::size_t busy() const;

 private:
  void run();

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;  // for threads that are free, or just being made
  std::vector<std::thread> threads_;
  std::size_t busy_ = 0;  // working, or about to take what waits
  bool stopped_ = false;
};

}  // namespace c2c
