#include "c2c/eval/judge/verdict_queue.h"

#include <algorithm>
#include <thread>

#include "c2c/base/error.h"
#include "c2c/base/log.h"

namespace c2c {
namespace {

constexpr std::int64_t kHopeless = 8;

bool has_reply(const JudgeCase& one) {
  return one.generated->error.empty();
}

}  // namespace

VerdictQueue::VerdictQueue(const std::vector<JudgeCase>& cases, ResultStore& store, const JudgeOptions& options,
                           std::int64_t done)
    : cases_(cases), store_(store), options_(options) {
  progress_.done = done;
  progress_.total = done + std::ssize(cases);
  hopeless_ = std::min<std::int64_t>(kHopeless, done + std::count_if(cases.begin(), cases.end(), has_reply));
}

const JudgeCase* VerdictQueue::next() {
  const std::lock_guard guard(mutex_);
  return failure_ != nullptr || next_ == cases_.size() ? nullptr : &cases_[next_++];
}

void VerdictQueue::keep(const SampleResult& verdict) {
  const std::lock_guard guard(mutex_);
  const bool was_asked = !verdict.extra.contains("no_reply");
  asked_ += was_asked;
  ++progress_.done;
  if (verdict.error.empty()) {
    store_held();
    ++judged_;
    right_ += verdict.score > 0;
    progress_.right = static_cast<double>(right_) / static_cast<double>(judged_);
  } else if (was_asked) {
    ++progress_.failed;
    log_warning("judge of sample " + verdict.id + " of " + verdict.system + ": " + verdict.error);
  }
  if (options_.progress) options_.progress(progress_);
  if (judged_ > 0 || !was_asked) return store_.put(verdict);
  held_.push_back(verdict);
  if (failure_ == nullptr && asked_ >= hopeless_)
    fail_input({.where = "judge",
                .key = verdict.extra.at("judge").value("endpoint", ""),
                .found = "no verdict about the first " + std::to_string(asked_) + " replies: " + verdict.error,
                .expected = "YES or NO",
                .hint = "the run's own results are written; started again, c2c eval goes on with the judge"});
}

void VerdictQueue::store_held() {
  for (const SampleResult& failed : held_) store_.put(failed);
  held_.clear();
}

void VerdictQueue::work(Judge& judge) {
  try {
    while (const JudgeCase* one = next()) keep(judge(*one));
  } catch (...) {
    const std::lock_guard guard(mutex_);
    if (failure_ == nullptr) failure_ = std::current_exception();
  }
}

void VerdictQueue::run(Judge& judge, int threads) {
  std::vector<std::thread> workers;
  const auto count = std::min<std::size_t>(static_cast<std::size_t>(std::max(1, threads)), cases_.size());
  for (std::size_t i = 0; i < count; ++i) workers.emplace_back([&] { work(judge); });
  for (std::thread& worker : workers) worker.join();
  if (failure_ != nullptr) std::rethrow_exception(failure_);
  store_held();
}

}  // namespace c2c
