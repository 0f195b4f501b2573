// Results in the shapes of EleutherAI's lm-evaluation-harness, for the tools that read them: results_<time>.json and
// samples_<task>_<time>.jsonl, one folder for each system.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "c2c/eval/results/run_info.h"
#include "c2c/eval/results/sample_result.h"

namespace c2c {

// All of one system. A task with several answer methods becomes one task for each, named task_method.
nlohmann::ordered_json lm_eval_results(std::span<const SampleResult> results, const RunInfo& info,
                                       const std::string& system);
// One line of a samples file.
nlohmann::ordered_json lm_eval_sample(const SampleResult& result, std::int64_t doc_id);

// FOLDER/SYSTEM/results_<time>.json and samples_<task>_<time>.jsonl; `time` as in lm-eval: 2026-11-24T10-52-53.000000.
std::vector<std::filesystem::path> write_lm_eval_files(const std::filesystem::path& folder, const RunInfo& info,
                                                       const std::vector<SampleResult>& results,
                                                       const std::string& time);

}  // namespace c2c
