// The calls that are being answered: so that a server that stops can wait for them, and end them.
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>

#include "c2c/serve/interruption.h"

namespace c2c {

class LiveCalls {
 public:
  // While it lives, a call does.
  class Stay {
   public:
    Stay(LiveCalls& calls, std::shared_ptr<Interruption> interruption)
        : calls_(calls), interruption_(std::move(interruption)) {
      const std::lock_guard lock(calls_.mutex_);
      calls_.all_.insert(interruption_);
    }
    ~Stay() {
      const std::lock_guard lock(calls_.mutex_);
      calls_.all_.erase(interruption_);
      calls_.one_less_.notify_all();
    }
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;

   private:
    LiveCalls& calls_;
    const std::shared_ptr<Interruption> interruption_;
  };

  // True: none is left.
  bool wait(std::chrono::nanoseconds most) {
    std::unique_lock lock(mutex_);
    return one_less_.wait_for(lock, most, [this] { return all_.empty(); });
  }
  void interrupt_all(Interrupt why) {
    const std::lock_guard lock(mutex_);
    for (const auto& call : all_) call->interrupt(why);
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable one_less_;
  std::set<std::shared_ptr<Interruption>> all_;
};

}  // namespace c2c
