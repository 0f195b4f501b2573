#include "c2c/infer/engine/scheduler.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "c2c/infer/engine/decode_group.h"

namespace c2c {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Tokens of the sharers that somebody listens to.
std::int64_t heard_tokens(const SectionPlan& plan) {
  SharerMask heard = 0;
  for (const Section& section : plan.sections) heard |= section.mask;
  std::int64_t tokens = 0;
  for (std::size_t s = 0; s < plan.sharers.size(); ++s)
    if (heard >> s & 1) tokens += static_cast<std::int64_t>(plan.sharers[s].ids.size());
  return tokens;
}

}  // namespace

void EngineShared::cancel(const std::shared_ptr<Job>& job) {
  job->ticket().cancel();
  if (!line.leave(job)) return;  // the compute thread has it, and looks at the ticket
  book.update([](EngineStats& stats) { ++stats.cancelled; });
  job->complete();
}

void EngineShared::cancel_waiting() {
  for (const std::shared_ptr<Job>& job : line.clear()) {
    book.update([](EngineStats& stats) { ++stats.cancelled; });
    job->complete();
  }
}

void Scheduler::run() noexcept {
  try {
    while (admit()) {
      drop_cancelled();
      read_piece();
      decode();
      retire();
    }
  } catch (...) {  // nothing of a request's: no memory for our own lists
    fail_everything(std::current_exception());
  }
}

// False: nobody is here and nobody will come.
bool Scheduler::admit() {
  if (running_.empty() && !shared_.line.wait()) return false;
  const auto room = static_cast<std::size_t>(options_.max_running);
  running_.reserve(room);
  while (running_.size() < room) {
    std::optional<std::shared_ptr<Job>> job = shared_.line.next();
    if (!job) break;
    running_.push_back(std::move(*job));
  }
  shared_.book.update([&](EngineStats& stats) { stats.running = static_cast<std::int64_t>(running_.size()); });
  return true;
}

void Scheduler::drop_cancelled() {
  for (const auto& job : running_)
    if (shared_.cancel_all || job->ticket().is_cancelled()) job->cancel();
  retire();
}

// The oldest prompt first: those behind it may begin like it, and then need not read it again.
void Scheduler::read_piece() {
  const auto it = std::find_if(running_.begin(), running_.end(), [](const auto& job) { return !job->is_read(); });
  if (it == running_.end()) return;
  Job& job = **it;
  const auto start = Clock::now();
  try {
    job.read_piece(shared_.store, options_.prefill_chunk);
  } catch (...) {
    job.fail(std::current_exception());
  }
  shared_.book.update([&](EngineStats& stats) {
    stats.prefill_seconds += seconds_since(start);
    if (!job.is_read()) return;
    const EngineResult& result = job.result();
    stats.prompt_tokens += result.prompt_tokens;
    stats.sharer_tokens += heard_tokens(job.plan());
    stats.generated_tokens += job.made();
    stats.reused_receiver_tokens += result.reused_receiver_tokens;
    stats.reused_sharer_tokens += result.reused_sharer_tokens;
    stats.prefill.sharer_prefill += result.prefill.sharer_prefill;
    stats.prefill.receiver_prefill += result.prefill.receiver_prefill;
    stats.prefill.fuse += result.prefill.fuse;
  });
}

// One step of every model that somebody decodes with.
void Scheduler::decode() {
  std::vector<Job*> left;
  for (const auto& job : running_)
    if (job->is_read() && !job->is_over()) left.push_back(job.get());
  while (!left.empty()) {
    const Rosetta* model = left.front()->model().get();
    const auto others =
        std::stable_partition(left.begin(), left.end(), [&](Job* job) { return job->model().get() == model; });
    const std::vector<Job*> group(left.begin(), others);
    left.erase(left.begin(), others);
    const auto start = Clock::now();
    const std::int64_t steps = decode_group(*model, group);
    const auto rows = static_cast<std::int64_t>(group.size());
    const auto failed = std::count_if(group.begin(), group.end(), [](Job* job) { return job->has_failed(); });
    shared_.book.update([&](EngineStats& stats) {
      stats.decode_seconds += seconds_since(start);
      stats.decode_steps += steps;
      stats.decode_rows += rows;
      stats.generated_tokens += rows - failed;
    });
  }
}

void Scheduler::retire() {
  const auto over = std::stable_partition(running_.begin(), running_.end(), [](auto& job) { return !job->is_over(); });
  if (over == running_.end()) return;
  const std::vector<std::shared_ptr<Job>> ended(over, running_.end());
  running_.erase(over, running_.end());
  // Counted before anybody is told: who has waited for a request finds it in the numbers.
  shared_.book.update([&](EngineStats& stats) {
    stats.running = static_cast<std::int64_t>(running_.size());
    for (const auto& job : ended)
      ++(job->has_failed() ? stats.failed : job->was_cancelled() ? stats.cancelled : stats.finished);
  });
  for (const auto& job : ended) job->complete();
}

void Scheduler::fail_everything(const std::exception_ptr& error) {
  shared_.line.close();
  for (auto& waiting : shared_.line.clear()) running_.push_back(std::move(waiting));
  for (const auto& job : running_) {
    job->fail(error);
    job->complete();
  }
  running_.clear();
}

}  // namespace c2c
