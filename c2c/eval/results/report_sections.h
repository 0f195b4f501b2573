// The parts of the report's page that need no script.
#pragma once
#include <string>

#include "c2c/eval/results/html_report.h"

namespace c2c::results {

std::string table_section(const Summary& summary);
std::string bars_section(const Summary& summary, const RunInfo& info);
std::string latency_section(const Summary& summary);
std::string provenance_section(const std::vector<ReportRun>& runs);

extern const char* const kReportStyle;    // CSS
extern const char* const kReportScript;   // what draws subjects, the Venn diagram's numbers and samples
extern const char* const kReportBrowser;  // its second half

}  // namespace c2c::results
