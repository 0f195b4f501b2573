// What the report's page is made of, before any HTML.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "c2c/eval/results/html_report.h"

namespace c2c::results {

// Several runs as one: a system that two runs measured on the same samples appears once for each, with the run's name.
ReportRun merge_runs(const std::vector<ReportRun>& runs);

// What the page's script draws: summary, and samples with every long text once. Texts longer than 20,000 bytes are cut.
nlohmann::ordered_json report_data(const ReportRun& run, const Summary& summary);

// JSON that may stand in a script element.
std::string script_json(const nlohmann::ordered_json& json);

}  // namespace c2c::results
