// Where a request's owner and the compute thread meet: the wish to cancel it, and its end. No torch here.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>

namespace c2c {

class Ticket {
 public:
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool is_cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  // Once. What was written before is seen by whoever wait() lets through.
  void finish(std::exception_ptr error) {
    const std::lock_guard lock(mutex_);
    error_ = std::move(error);
    done_ = true;
    changed_.notify_all();
  }
  bool is_done() const {
    const std::lock_guard lock(mutex_);
    return done_;
  }
  // True: it has ended.
  bool wait_for(std::chrono::nanoseconds most) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [this] { return done_; });
  }
  void wait() const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return done_; });
  }
  // After the end: throws what the request failed with.
  void check() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::atomic<bool> cancelled_ = false;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool done_ = false;
  std::exception_ptr error_;
};

}  // namespace c2c
