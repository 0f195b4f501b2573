// One self-contained web page about one or several runs: table, bars, subjects, Venn, and what each system answered.
#pragma once
#include <string>
#include <vector>

#include "c2c/eval/results/run_info.h"
#include "c2c/eval/results/sample_result.h"
#include "c2c/eval/results/summary.h"

namespace c2c {

struct ReportRun {
  RunInfo info;
  std::vector<SampleResult> samples;
};

struct ReportOptions {
  std::string title;  // empty: the runs' names
  SummaryOptions summary;
};

// Nothing on the page comes from elsewhere, and every text of a model or data set is shown as text, whatever it holds.
std::string html_report(const std::vector<ReportRun>& runs, const ReportOptions& options = {});

}  // namespace c2c
