#include "c2c/infer/engine/engine.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <string>
#include <utility>

#include "c2c/base/error.h"
#include "c2c/infer/engine/scheduler.h"

namespace c2c {
namespace {

// Whose compute thread this is.
thread_local const EngineShared* here = nullptr;

EngineOptions checked(const EngineOptions& options) {
  validate(options);
  return options;
}

[[noreturn]] void refuse(std::int64_t max_queued) {
  throw QueueFull(ErrorKind::kUsage, {.where = "engine",
                                      .found = std::to_string(max_queued) + " requests waiting",
                                      .expected = "fewer",
                                      .hint = "try again later, or allow more with --max-queued"});
}

}  // namespace

EngineHandle::EngineHandle(std::shared_ptr<EngineShared> shared, std::shared_ptr<Job> job)
    : shared_(std::move(shared)), job_(std::move(job)) {}

EngineHandle& EngineHandle::operator=(EngineHandle&& other) noexcept {
  if (this == &other) return *this;
  let_go();
  shared_ = std::move(other.shared_);
  job_ = std::move(other.job_);
  return *this;
}

EngineHandle::~EngineHandle() {
  let_go();
}

void EngineHandle::let_go() noexcept {
  if (job_ == nullptr) return;
  if (!job_->ticket().is_done()) {
    shared_->cancel(job_);
    if (here != shared_.get()) job_->ticket().wait();
  }
  job_.reset();
  shared_.reset();
}

const EngineResult& EngineHandle::wait() const {
  C2C_CHECK(job_ != nullptr, "EngineHandle: no request");
  C2C_CHECK(here != shared_.get() || is_done(), "EngineHandle: a callback waits for the thread that it runs on");
  job_->ticket().wait();
  job_->ticket().check();
  return job_->result();
}

bool EngineHandle::wait_for(std::chrono::nanoseconds most) const {
  C2C_CHECK(job_ != nullptr, "EngineHandle: no request");
  return job_->ticket().wait_for(most);
}

void EngineHandle::cancel() const {
  C2C_CHECK(job_ != nullptr, "EngineHandle: no request");
  shared_->cancel(job_);
}

Engine::Engine(const EngineOptions& options)
    : options_(checked(options)), shared_(std::make_shared<EngineShared>(options_)) {
  // OpenMP counts threads per thread: the compute thread takes as many as whoever starts it.
  compute_ = std::thread([threads = at::get_num_threads(), options = options_, shared = shared_] {
    here = shared.get();
    at::set_num_threads(threads);
    const at::NoGradGuard no_grad;
    Scheduler(options, *shared).run();
  });
}

Engine::~Engine() {
  stop(StopMode::kCancel);
}

EngineHandle Engine::submit(EngineRequest request) {
  C2C_CHECK(request.model != nullptr, "Engine: a request without a model");
  C2C_CHECK(request.options.row_seeds.size() <= 1, "Engine: a request is one row");
  validate(request.options.sampling);
  return enter(std::make_shared<Job>(std::move(request)));
}

EngineHandle Engine::submit_work(std::function<void()> work) {
  C2C_CHECK(work != nullptr, "Engine: no work");
  return enter(std::make_shared<Job>(std::move(work)));
}

EngineHandle Engine::enter(std::shared_ptr<Job> job) {
  const LineEntry entry = shared_->line.enter(job);
  shared_->book.update([&](EngineStats& stats) { ++(entry == LineEntry::kIn ? stats.submitted : stats.refused); });
  if (entry == LineEntry::kFull) refuse(options_.max_queued);
  if (entry == LineEntry::kClosed) fail_usage({.where = "engine", .found = "stopped", .expected = "a running one"});
  return {shared_, std::move(job)};
}

void Engine::stop(StopMode mode) {
  if (mode == StopMode::kCancel) shared_->cancel_all = true;
  shared_->line.close();
  if (mode == StopMode::kCancel) shared_->cancel_waiting();
  if (here == shared_.get()) return;
  const std::lock_guard lock(joining_);
  if (compute_.joinable()) compute_.join();
}

EngineStats Engine::stats() const {
  EngineStats stats = shared_->book.read();
  stats.waiting = static_cast<std::int64_t>(shared_->line.size());
  stats.prefix = shared_->store.stats();
  return stats;
}

void Engine::clear_prefix_cache() {
  shared_->store.clear();
}

}  // namespace c2c
