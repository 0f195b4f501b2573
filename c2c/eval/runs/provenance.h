// What a run was made of, as its files say it.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "c2c/eval/results/run_info.h"
#include "c2c/eval/runs/contender.h"
#include "c2c/eval/tasks/load_task.h"

namespace c2c {

// Everything that changes results and is known before a model is loaded: two tries of one run agree in it.
nlohmann::json run_key(const EvalConfig& config, const std::vector<TaskData>& tasks);

// Systems, tasks and notes of a run; versions and times are the caller's.
RunInfo describe_run(const EvalConfig& config, const std::vector<TaskData>& tasks,
                     const std::vector<Contender>& contenders);

// Records the hashes of a system that was loaded. Throws kUsage where an earlier try of the run had other bytes.
void note_models(const Contender& contender, SystemInfo& info);

std::string utc_now();  // 2026-11-24T10:52:53Z

}  // namespace c2c
