// A model behind an OpenAI-compatible endpoint says whether the replies of a run are right. Its verdicts are results of
// one more method, `judge`, beside the rule's in the run's own store: one that is there is never asked for again.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "c2c/eval/results/run_info.h"
#include "c2c/eval/tasks/eval_config.h"

namespace c2c {

inline constexpr const char* kJudgeMethod = "judge";

struct JudgeProgress {
  std::int64_t done = 0, total = 0;  // replies; done counts what an earlier try did
  std::int64_t failed = 0;           // of this try
  double right = 0;                  // share of this try's verdicts that say yes
};

struct JudgeOptions {
  bool retry_errors = false;  // replies without a verdict are asked about again
  std::function<void(const JudgeProgress&)> progress;
};

// Who judges and what is asked: endpoint (scheme and host), model, hash of the questions. No key.
nlohmann::json judge_provenance(const EvalJudge& judge);

// Judges every result of method generate in `folder` that has no verdict, and notes in `info` who judged and which
// tasks were left out. What goes wrong with one reply is that verdict's error. Throws kUsage for verdicts of another
// judge in the folder and for an endpoint or key that cannot be used; kInput where the first replies all fail, which
// are then left for the next try.
void judge_run(const std::filesystem::path& folder, const EvalJudge& judge, const JudgeOptions& options, RunInfo& info);

}  // namespace c2c
