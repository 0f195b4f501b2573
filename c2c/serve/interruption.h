// Why a request is to end before its answer does: its client left, its time is up, the server stops.
#pragma once
#include <atomic>
#include <memory>

#include "c2c/infer/pipelines/cancellation.h"

namespace c2c {

enum class Interrupt { kNone, kClientGone, kTimeout, kShutdown };

class Interruption {
 public:
  // From any thread; the first reason stays.
  void interrupt(Interrupt why) {
    Interrupt none = Interrupt::kNone;
    why_.compare_exchange_strong(none, why);
    cancellation_->cancel();
  }
  Interrupt why() const { return why_; }
  const std::shared_ptr<Cancellation>& cancellation() const { return cancellation_; }

 private:
  std::atomic<Interrupt> why_ = Interrupt::kNone;
  const std::shared_ptr<Cancellation> cancellation_ = std::make_shared<Cancellation>();
};

}  // namespace c2c
