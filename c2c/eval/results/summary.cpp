#include "c2c/eval/results/summary.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "c2c/eval/results/cell_summary.h"

namespace c2c {

namespace {

using results::Samples;
using ColumnKey = std::pair<std::string, std::string>;
using Grouped = std::map<ColumnKey, std::map<std::string, Samples>>;

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}
std::string p_text(double p) {
  char text[32];
  if (p < 0.0001) return "p < 0.0001";
  std::snprintf(text, sizeof text, "p = %.2g", p);
  return text;
}
std::string count_text(std::int64_t part, std::int64_t whole) {
  return std::to_string(part) + " of " + std::to_string(whole);
}

// Place in the run's list; what it does not know comes last.
template <class Items>
std::size_t place_of(const Items& items, const std::string& name) {
  std::size_t place = 0;
  for (const auto& item : items) {
    if (item.name == name) return place;
    ++place;
  }
  return place;
}

std::size_t method_place(const std::string& method) {
  static constexpr const char* kMethods[] = {"generate", "judge", "logits", "loglikelihood", "cross_entropy"};
  return static_cast<std::size_t>(std::find(std::begin(kMethods), std::end(kMethods), method) - std::begin(kMethods));
}

std::vector<SummaryColumn> columns_of(const Grouped& grouped, const RunInfo& info) {
  std::vector<SummaryColumn> columns;
  for (const auto& [key, unused] : grouped) columns.push_back({key.first, key.second});
  const auto order = [&info](const SummaryColumn& c) {
    return std::tuple(place_of(info.tasks, c.task), c.task, method_place(c.method), c.method);
  };
  std::sort(columns.begin(), columns.end(),
            [&](const SummaryColumn& a, const SummaryColumn& b) { return order(a) < order(b); });
  return columns;
}

std::vector<std::string> systems_of(const std::vector<SampleResult>& results, const RunInfo& info) {
  std::vector<std::string> systems;
  for (const SampleResult& result : results) systems.push_back(result.system);
  const auto order = [&info](const std::string& s) { return std::pair(place_of(info.systems, s), s); };
  std::sort(systems.begin(), systems.end(),
            [&](const std::string& a, const std::string& b) { return order(a) < order(b); });
  systems.erase(std::unique(systems.begin(), systems.end()), systems.end());
  return systems;
}

bool is_fused(const SystemInfo* system) {
  return system != nullptr && system->kind.find("c2c") != std::string::npos;
}

// What must be said of one cell.
void add_cell_notes(Summary& summary, const CellSummary& cell, const RunInfo& info) {
  const std::string where = cell.task + " " + cell.method + ": " + cell.system;
  if (cell.errors > 0)
    summary.notes.push_back(where + ": " + count_text(cell.errors, cell.count) +
                            " samples could not be evaluated and " +
                            (cell.is_cross_entropy() ? "are left out" : "count as wrong"));
  const SystemInfo* control = info.control(cell.system);
  if (cell.not_claimed)
    summary.notes.push_back(where + " is better than " + summary.baseline + " (" +
                            p_text(cell.against_baseline->p_value) + ") but not than " + control->name + " (" +
                            p_text(cell.against_control->p_value) + "): not claimed, the control shares it");
}

void add_column_notes(Summary& summary, const SummaryColumn& column) {
  std::string guessing;
  std::int64_t most = 0;
  for (const std::string& system : summary.systems)
    if (const CellSummary* cell = summary.find(system, column)) most = std::max(most, cell->count);
  double chance = 0;
  for (const std::string& system : summary.systems) {
    const CellSummary* cell = summary.find(system, column);
    if (cell == nullptr) continue;
    if (cell->count < most)
      summary.notes.push_back(column.task + " " + column.method + ": " + system + " has " +
                              count_text(cell->count, most) + " samples; tests use those that both systems have");
    if (!cell->chance || *cell->chance < cell->score.interval.low || *cell->chance > cell->score.interval.high)
      continue;
    guessing += (guessing.empty() ? "" : ", ") + system;
    chance = *cell->chance;
  }
  if (!guessing.empty())
    summary.notes.push_back(column.task + " " + column.method + ": not to be told from guessing (" + percent(chance) +
                            "): " + guessing);
}

void add_notes(Summary& summary, const RunInfo& info) {
  for (const CellSummary& cell : summary.cells) add_cell_notes(summary, cell, info);
  for (const SummaryColumn& column : summary.columns) add_column_notes(summary, column);
  for (const std::string& system : summary.systems) {
    const SystemInfo* known = info.find_system(system);
    if (is_fused(known) && known->control_of.empty() && info.control(system) == nullptr)
      summary.notes.push_back(system +
                              " has no control (the same fuser with another sample's cache) in this run: "
                              "what it gains is not shown to come from the sharer");
  }
  if (!info.notes.is_array()) return;
  for (const nlohmann::json& note : info.notes)
    if (note.is_string()) summary.notes.push_back(note.get<std::string>());
}

}  // namespace

bool CellSummary::is_better(const std::optional<PairedTest>& test, double significance) const {
  return test && test->p_value < significance && (is_cross_entropy() ? test->difference < 0 : test->difference > 0);
}

const CellSummary* Summary::find(const std::string& system, const SummaryColumn& column) const {
  for (const CellSummary& cell : cells)
    if (cell.system == system && cell.task == column.task && cell.method == column.method) return &cell;
  return nullptr;
}

Summary summarize(const std::vector<SampleResult>& results, const RunInfo& info, const SummaryOptions& options) {
  Grouped grouped;
  for (const SampleResult& result : results) grouped[{result.task, result.method}][result.system].push_back(&result);
  Summary summary;
  summary.significance = options.significance;
  summary.columns = columns_of(grouped, info);
  summary.systems = systems_of(results, info);
  summary.baseline = options.baseline.empty() ? info.baseline_name() : options.baseline;
  if (summary.baseline.empty() && !summary.systems.empty()) summary.baseline = summary.systems.front();
  for (const SummaryColumn& column : summary.columns) {
    const auto& systems = grouped.at({column.task, column.method});
    for (const std::string& system : summary.systems) {
      const auto samples = systems.find(system);
      if (samples == systems.end()) continue;
      CellSummary cell = results::summarize_cell(samples->second, options.bootstrap);
      const auto against = [&](const std::string& other) -> std::optional<PairedTest> {
        const auto others = systems.find(other);
        if (other == system || others == systems.end()) return std::nullopt;
        return results::compare(samples->second, others->second, options.bootstrap);
      };
      cell.against_baseline = against(summary.baseline);
      if (const SystemInfo* control = info.control(system)) cell.against_control = against(control->name);
      cell.not_claimed = cell.against_control && cell.is_better(cell.against_baseline, options.significance) &&
                         !cell.is_better(cell.against_control, options.significance);
      summary.cells.push_back(std::move(cell));
    }
  }
  add_notes(summary, info);
  return summary;
}

}  // namespace c2c
