// Results in the files and columns that the reference's evaluator writes (spec/evaluation.md 13), for scripts made for
// them. Difference: rows are in order, not in the order in which workers finished.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "c2c/eval/results/run_info.h"
#include "c2c/eval/results/sample_result.h"

namespace c2c {

struct ReferenceLabels {
  std::string model, dataset, method;
};

// All of one system, task and method.
nlohmann::ordered_json reference_summary(std::span<const SampleResult> results, const ReferenceLabels& labels);
nlohmann::ordered_json reference_lengths(std::span<const SampleResult> results);  // generate only
std::string reference_csv(std::span<const SampleResult> results);

// {model}_{dataset}_{method}_{time}_summary.json, _length.json (generate), _cot.csv for each system, task and method;
// for LongBench also pred/{model}/{task}.jsonl. `time` is YYYYmmdd_HHMMSS. With several systems of one model name the
// system's name stands in the file names. Returns the files written. Throws kInput.
std::vector<std::filesystem::path> write_reference_files(const std::filesystem::path& folder, const RunInfo& info,
                                                         const std::vector<SampleResult>& results,
                                                         const std::string& time);

}  // namespace c2c
