// What an engine has done so far.
#pragma once
#include <cstdint>
#include <mutex>

#include "c2c/infer/engine/prefix_store.h"

namespace c2c {

struct EngineStats {
  // Requests: now, and in all.
  std::int64_t waiting = 0, running = 0;  // running: read or decoded
  std::int64_t submitted = 0, refused = 0, finished = 0, cancelled = 0, failed = 0;
  // Tokens. What was reused counts as prompt tokens too.
  std::int64_t prompt_tokens = 0, sharer_tokens = 0, generated_tokens = 0;
  std::int64_t reused_receiver_tokens = 0, reused_sharer_tokens = 0;
  // Decode steps, and rows of all of them: their ratio is the batch that requests really got.
  std::int64_t decode_steps = 0, decode_rows = 0;
  // Where the compute thread's time went, seconds. `prefill` is of prompts that were read to their end.
  PrefillTiming prefill;
  double prefill_seconds = 0, decode_seconds = 0;  // all pieces, all steps (sampling and callbacks included)
  PrefixStats prefix;
};

// The numbers behind a lock: the compute thread writes them, others look.
class StatsBook {
 public:
  template <class Change>
  void update(const Change& change) {
    const std::lock_guard lock(mutex_);
    change(stats_);
  }
  EngineStats read() const {
    const std::lock_guard lock(mutex_);
    return stats_;
  }

 private:
  mutable std::mutex mutex_;
  EngineStats stats_;
};

}  // namespace c2c
