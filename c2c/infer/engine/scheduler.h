// The compute thread's work: who is read, who is decoded, who leaves.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "c2c/infer/engine/engine_options.h"
#include "c2c/infer/engine/job.h"
#include "c2c/infer/engine/stats.h"
#include "c2c/infer/engine/waiting_line.h"

namespace c2c {

// What the compute thread shares with everybody else.
struct EngineShared {
  explicit EngineShared(const EngineOptions& options)
      : line(static_cast<std::size_t>(options.max_queued)), store(options.prefix_cache_bytes()) {}
  // Of a job that waits or runs, from any thread.
  void cancel(const std::shared_ptr<Job>& job);
  void cancel_waiting();

  WaitingLine<std::shared_ptr<Job>> line;
  PrefixStore store;
  StatsBook book;
  std::atomic<bool> cancel_all = false;
};

class Scheduler {
 public:
  Scheduler(const EngineOptions& options, EngineShared& shared) : options_(options), shared_(shared) {}
  // Until the line is closed and every request has ended.
  void run() noexcept;

 private:
  bool admit();
  void drop_cancelled();
  void read_piece();
  void decode();
  void retire();
  void fail_everything(const std::exception_ptr& error);

  const EngineOptions options_;
  EngineShared& shared_;
  std::vector<std::shared_ptr<Job>> running_;  // as they came
};

}  // namespace c2c
