// A way to end an answer from outside, in whatever it is at that moment: waiting in the engine's line, being read,
// being decoded, or between the two answers of text-to-text.
#pragma once
#include <list>
#include <mutex>

#include "c2c/infer/engine/engine.h"

namespace c2c {

class Cancellation {
 public:
  // From any thread, the engine's too; does not wait. Requests that begin later with this cancellation end at once.
  void cancel() {
    const std::lock_guard lock(mutex_);
    is_cancelled_ = true;
    for (const EngineHandle* handle : running_) handle->cancel();
  }
  bool is_cancelled() const {
    const std::lock_guard lock(mutex_);
    return is_cancelled_;
  }

  // While it lives, cancel() reaches the request. `cancellation` may be null.
  class Watch {
   public:
    Watch(Cancellation* cancellation, const EngineHandle& handle) : cancellation_(cancellation) {
      if (cancellation_ == nullptr) return;
      const std::lock_guard lock(cancellation_->mutex_);
      place_ = cancellation_->running_.insert(cancellation_->running_.end(), &handle);
      if (cancellation_->is_cancelled_) handle.cancel();
    }
    ~Watch() {
      if (cancellation_ == nullptr) return;
      const std::lock_guard lock(cancellation_->mutex_);
      cancellation_->running_.erase(place_);
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Cancellation* cancellation_;
    std::list<const EngineHandle*>::iterator place_;
  };

 private:
  mutable std::mutex mutex_;
  bool is_cancelled_ = false;
  std::list<const EngineHandle*> running_;
};

}  // namespace c2c
