// Replies handed to several threads that ask the judge, and their verdicts into the store.
#pragma once
#include <exception>
#include <mutex>
#include <string>
#include <vector>

#include "c2c/eval/judge/ask_judge.h"
#include "c2c/eval/judge/judge_run.h"
#include "c2c/eval/results/result_store.h"

namespace c2c {

class VerdictQueue {
 public:
  // `done`: replies that an earlier try has judged.
  VerdictQueue(const std::vector<JudgeCase>& cases, ResultStore& store, const JudgeOptions& options, std::int64_t done);

  // Returns when all are judged. Throws kInput where the first ones all fail, and what a thread threw.
  void run(Judge& judge, int threads);

 private:
  const JudgeCase* next();
  void keep(const SampleResult& verdict);
  void store_held();
  void work(Judge& judge);

  const std::vector<JudgeCase>& cases_;
  ResultStore& store_;
  const JudgeOptions& options_;
  std::int64_t hopeless_ = 0;  // so many first replies fail: then all of them would
  std::mutex mutex_;           // of what follows
  std::size_t next_ = 0;
  JudgeProgress progress_;
  std::int64_t judged_ = 0, right_ = 0;
  std::int64_t asked_ = 0;          // that the endpoint was asked about
  std::vector<SampleResult> held_;  // failures before the first verdict: stored when not all of them are
  std::exception_ptr failure_;
};

}  // namespace c2c
