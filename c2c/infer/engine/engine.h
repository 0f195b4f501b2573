// Many requests at once on one compute thread, which owns all torch work: prompts are read in pieces between decode
// steps, and all requests of one model are decoded together, whatever their lengths. See docs/engine.md.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "c2c/infer/engine/engine_options.h"
#include "c2c/infer/engine/request.h"
#include "c2c/infer/engine/stats.h"

namespace c2c {

class Job;
struct EngineShared;

// One submitted request. Letting go of it cancels the request and, outside the compute thread, waits until it has
// ended, so that a callback never outlives what it refers to.
class EngineHandle {
 public:
  EngineHandle() = default;
  EngineHandle(EngineHandle&&) = default;
  EngineHandle& operator=(EngineHandle&& other) noexcept;
  ~EngineHandle();

  // Sleeps until the request has ended; throws what it failed with. Not inside a callback.
  const EngineResult& wait() const;
  // True: it has ended, and wait() returns at once.
  bool wait_for(std::chrono::nanoseconds most) const;
  bool is_done() const { return wait_for({}); }
  // Ends it as soon as the running piece or step is done; at once where it still waits. Ends as kCancelled, unless it
  // was quicker.
  void cancel() const;

 private:
  friend class Engine;
  EngineHandle(std::shared_ptr<EngineShared> shared, std::shared_ptr<Job> job);
  void let_go() noexcept;

  std::shared_ptr<EngineShared> shared_;
  std::shared_ptr<Job> job_;
};

enum class StopMode {
  kCancel,  // everything ends now, as cancelled
  kFinish,  // what was submitted is finished
};

class Engine {
 public:
  explicit Engine(const EngineOptions& options = {});
  ~Engine();  // stop(kCancel); not inside a callback
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // From any thread. Throws QueueFull, and kUsage for sampling options out of range or a stopped engine. What is wrong
  // with the prompt is found when its turn comes: wait() throws it.
  [[nodiscard]] EngineHandle submit(EngineRequest request);
  // Anything else that needs LibTorch while requests run: it waits in the same line and then has the compute thread to
  // itself, so it had better be short. Cancelled in the line it is never called. Throws QueueFull, kUsage for a stopped
  // engine; wait() throws what `work` throws.
  [[nodiscard]] EngineHandle submit_work(std::function<void()> work);
  // Refuses further requests and returns when all have ended; inside a callback it returns at once.
  void stop(StopMode mode = StopMode::kCancel);
  EngineStats stats() const;
  // Caches in use stay until their users are done.
  void clear_prefix_cache();

  const EngineOptions& options() const { return options_; }

 private:
  EngineHandle enter(std::shared_ptr<Job> job);

  const EngineOptions options_;
  const std::shared_ptr<EngineShared> shared_;
  std::mutex joining_;
  std::thread compute_;
};

}  // namespace c2c
