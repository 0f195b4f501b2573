// What a sweep found: one table, and a curve along every axis that has numbers.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "c2c/eval/results/run_info.h"
#include "c2c/eval/results/summary.h"
#include "c2c/eval/sweeps/points.h"

namespace c2c {

// One row: a point (at a checkpoint) and a system; a control stands beneath its system.
struct SweepRow {
  SweepRun run;
  std::vector<std::string> values;             // one for each axis
  std::vector<std::optional<double>> numbers;  // the same, where a curve has it
  std::string system, control_of;
  std::vector<CellSummary> cells;   // of the system there
  std::vector<std::string> scores;  // as the table shows them, for each cell
};

struct SweepTable {
  std::string name;
  std::vector<std::string> axes;
  std::vector<bool> log;               // of each axis: the curve's is logarithmic
  std::vector<SummaryColumn> columns;  // all that any run has
  std::vector<SweepRow> rows;
  std::vector<std::string> notes;
};

// Reads the runs' folders. Of a sweep without evaluations: the held-out tables of its trainings (heldout.json), as
// systems `receiver alone`, `fused` and its control.
SweepTable read_sweep_table(const SweepFile& sweep, const SweepGrid& grid, const std::vector<SweepRun>& runs);

std::string sweep_text(const SweepTable& table, TableStyle style = TableStyle::kText);
// One line for each row and column: axes, system, control_of, task, method, samples, errors, unit, score, low, high.
std::string sweep_csv(const SweepTable& table);
nlohmann::ordered_json to_json(const SweepTable& table);

struct SweepCurve {
  std::string name;  // of its file, without .svg
  std::string svg;
};
// One for each axis with at least two numbers, and column. A line is a system at one place of all other axes; systems
// that do not depend on these are drawn once.
std::vector<SweepCurve> sweep_curves(const SweepTable& table);

// table.md, table.csv, table.json, the curves. Returns what was written.
std::vector<std::filesystem::path> write_sweep_table(const std::filesystem::path& folder, const SweepTable& table);

}  // namespace c2c
