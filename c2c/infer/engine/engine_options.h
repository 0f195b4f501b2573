// How much an engine does at once.
#pragma once
#include <cstdint>

#include "c2c/io/config/field.h"

namespace c2c {

struct EngineOptions {
  std::int64_t max_running = 8;         // requests that are read or decoded; the largest batch of a decode step
  std::int64_t max_queued = 256;        // requests that wait behind them; more are refused
  std::int64_t prefill_chunk = 256;     // at most so many prompt tokens are read between two decode steps
  std::int64_t prefix_cache_mb = 1024;  // MiB of prompts' caches kept for later ones; 0: none

  std::int64_t prefix_cache_bytes() const { return prefix_cache_mb << 20; }
  void visit_fields(const FieldVisitor& visit);
};

// Throws kUsage naming the option.
void validate(const EngineOptions& options);

}  // namespace c2c
