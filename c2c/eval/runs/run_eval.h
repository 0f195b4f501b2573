// A whole evaluation: every system, task and answer method of a configuration, each sample once, into one folder.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/eval/results/run_info.h"
#include "c2c/eval/results/sample_result.h"
#include "c2c/eval/tasks/eval_config.h"
#include "c2c/tensor/dist/process_group.h"

namespace c2c {

// Of this process, where several share the work.
struct EvalProgress {
  std::string system, task, method;
  std::int64_t done = 0, total = 0;  // samples; done counts what an earlier try did
  std::int64_t scored = 0;           // of this try
  double score = 0;                  // mean so far of the method that was answered last
  double seconds = 0;                // of this try
  double seconds_left() const;
};

struct EvalRunOptions {
  bool add_controls = true;   // a control for every C2C system that has none
  bool retry_errors = false;  // samples that could not be evaluated are tried again
  std::string command;        // for the provenance
  nlohmann::json versions;
  ProgressFn loading;                                 // of models
  std::function<void(const EvalProgress&)> progress;  // after every sample
};

struct EvalOutcome {
  RunInfo info;
  std::vector<SampleResult> results;  // of every process; empty except on rank 0
};

// Goes on where an earlier try ended. Every rank of `group` calls it. Throws kUsage for a folder of another run, kInput
// for missing data and where the first samples of a system all fail.
EvalOutcome run_eval(EvalConfig config, ProcessGroup& group, const EvalRunOptions& options);

// The systems with a control behind each C2C system that has none.
std::vector<EvalSystem> with_controls(const std::vector<EvalSystem>& systems);

}  // namespace c2c
