// One reply, one question to the endpoint, one verdict.
#pragma once
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "c2c/eval/judge/question.h"
#include "c2c/eval/tasks/eval_config.h"

namespace c2c {

struct JudgeCase {
  const SampleResult* generated;
  JudgeTopic topic;
};

// scheme://host[:port] of the endpoint: what results say of it. Throws kUsage where it is no address.
std::string judge_host(const EvalJudge& judge);

class Judge {
 public:
  // Reads the key. Throws kUsage for an endpoint or key that cannot be used. `provenance` goes into every verdict.
  Judge(const EvalJudge& judge, nlohmann::json provenance);
  ~Judge();

  // A result of method judge: 1 or 0, or an error (no connection, no YES and no NO). The key is in none of its texts.
  // Any number of threads.
  SampleResult operator()(const JudgeCase& one);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace c2c
