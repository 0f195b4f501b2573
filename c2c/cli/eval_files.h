// What an evaluation leaves in its folder, and the line that shows how far it is.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "c2c/eval/judge/judge_run.h"
#include "c2c/eval/results/html_report.h"
#include "c2c/eval/results/summary.h"
#include "c2c/eval/runs/run_eval.h"

namespace c2c::cli {

// summary.json, table.md, report.html, reference/ and lm_eval/, and bad_samples/ where samples failed.
Summary write_eval_files(const std::filesystem::path& folder, const RunInfo& info,
                         const std::vector<SampleResult>& results);
void write_report(const std::filesystem::path& page, const std::vector<ReportRun>& runs, const std::string& title);

std::string progress_detail(const EvalProgress& progress);  // ": 0.412 so far, 1:05 left"
std::string judge_detail(const JudgeProgress& progress);    // ": 0.412 right so far, 2 failed"

}  // namespace c2c::cli
