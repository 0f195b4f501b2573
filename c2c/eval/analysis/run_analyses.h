// Analyses over the folders of runs (spec/baselines-and-analysis.md 3).
#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "c2c/eval/analysis/table.h"
#include "c2c/eval/results/run_info.h"
#include "c2c/eval/results/sample_result.h"

namespace c2c {

struct AnalysedRun {
  std::string name;  // of its folder
  RunInfo info;
  std::vector<SampleResult> samples;
};
AnalysedRun read_run(const std::filesystem::path& folder);

// Which samples; empty: the run's first task and method.
struct SampleChoice {
  std::string task, method;
};

// Who answers what, of three systems; the reference's region names where `reference_labels`.
Analysis venn_analysis(const AnalysedRun& run, const std::array<std::string, 3>& systems, const SampleChoice& choice,
                       bool reference_labels);

// Accuracy by how long replies are against their prompts (length_ratio/plot_length_ratio_accuracy.py): samples in the
// central 95 % of `fused`'s ratios of new tokens to prompt tokens, in 20 bins of equal width, neighbours merged until a
// bin has `least` samples; accuracy of every system on the same samples.
Analysis length_analysis(const AnalysedRun& run, const std::string& fused, const SampleChoice& choice,
                         std::int64_t least = 100);

// Scores of several runs against a number of each: a key of its configuration ("model.kv_cache_proportion"), or the
// number at the end of its folder's name ("checkpoint-500") where `key` is empty. One line for each system.
Analysis curve_analysis(std::span<const AnalysedRun> runs, const std::string& key, const SampleChoice& choice);

// The oracle's distances between what the fusers wrote and the other model's K and V, by receiver layer, mean over
// samples. Throws kUsage where the run has none.
Analysis distance_analysis(const AnalysedRun& run);

}  // namespace c2c
