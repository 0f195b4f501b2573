#include "c2c/eval/results/report_sections.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "c2c/eval/results/json_fields.h"
#include "c2c/eval/results/svg.h"

namespace c2c::results {

namespace {

using svg::escape;

std::string number(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

struct Unit {
  double factor;
  int digits;
  const char* name;
};
Unit unit_of(const SummaryColumn& column) {
  return column.method == "cross_entropy" ? Unit{1, 3, "nats/token"} : Unit{100, 1, "%"};
}

std::string value_html(const Estimate& estimate, const Unit& unit, const char* mark = "") {
  return "<b>" + number(unit.factor * estimate.value, unit.digits) + mark + "</b><span class=\"interval\">[" +
         number(unit.factor * estimate.interval.low, unit.digits) + ",&nbsp;" +
         number(unit.factor * estimate.interval.high, unit.digits) + "]</span>";
}

std::string test_title(const std::optional<PairedTest>& test, const std::string& against) {
  if (!test) return {};
  char text[200];
  std::snprintf(
      text, sizeof text, "against %.60s: difference %.4g, p = %.2g (%s), higher on %lld, lower on %lld of %lld. ",
      against.c_str(), test->difference, test->p_value, test->test.c_str(), static_cast<long long>(test->higher),
      static_cast<long long>(test->lower), static_cast<long long>(test->pairs));
  return text;
}

std::string cell_html(const Summary& summary, const CellSummary* cell, const Unit& unit) {
  if (cell == nullptr) return "<td class=\"none\">&ndash;</td>";
  const char* mark = "";
  if (cell->not_claimed)
    mark = "<sup>†</sup>";
  else if (cell->is_better(cell->against_baseline, summary.significance))
    mark = "<sup>*</sup>";
  std::string title =
      test_title(cell->against_baseline, summary.baseline) + test_title(cell->against_control, "its control");
  if (cell->errors > 0) title += std::to_string(cell->errors) + " samples could not be evaluated. ";
  if (cell->unanswered > 0) title += std::to_string(cell->unanswered) + " replies without an answer.";
  std::string norm;
  if (cell->score_norm) norm = "<div class=\"norm\">norm " + value_html(*cell->score_norm, unit) + "</div>";
  return "<td title=\"" + escape(title) + "\">" + value_html(cell->score, unit, mark) + norm + "</td>";
}

std::string notes_html(const Summary& summary) {
  std::string text = "<ul class=\"notes\"><li>Brackets: 95&nbsp;% intervals by bootstrap over samples.</li>";
  bool better = false, shared = false;
  for (const CellSummary& cell : summary.cells) {
    shared = shared || cell.not_claimed;
    better = better || (!cell.not_claimed && cell.is_better(cell.against_baseline, summary.significance));
  }
  if (better)
    text += "<li>* better than " + escape(summary.baseline) + " on the same samples (paired test, p&nbsp;&lt;&nbsp;" +
            number(summary.significance, 2) + ", not corrected for the number of comparisons).</li>";
  if (shared) text += "<li>† better than " + escape(summary.baseline) + ", but so is its control.</li>";
  for (const std::string& note : summary.notes) text += "<li>" + escape(note) + "</li>";
  return text + "</ul>";
}

std::string chance_row(const Summary& summary) {
  std::string row = "<tr class=\"chance\"><th scope=\"row\">guessing</th>";
  bool any = false;
  for (const SummaryColumn& column : summary.columns) {
    std::string text = "&ndash;";
    for (const std::string& system : summary.systems)
      if (const CellSummary* cell = summary.find(system, column); cell != nullptr && cell->chance) {
        text = number(100 * *cell->chance, 1);
        any = true;
      }
    row += "<td>" + text + "</td>";
  }
  return any ? row + "</tr>" : std::string();
}

int group_of(const std::string& system, const Summary& summary, const RunInfo& info) {
  const SystemInfo* known = info.find_system(system);
  if (system == summary.baseline || known == nullptr) return 0;
  if (!known->control_of.empty()) return 2;
  return known->kind.find("c2c") != std::string::npos ? 1 : 0;
}

std::string json_block(const char* name, const nlohmann::json& json) {
  if (json.is_null() || json.empty()) return {};
  return std::string("<h4>") + name + "</h4><pre>" + escape(dump(json, 2)) + "</pre>";
}

}  // namespace

std::string table_section(const Summary& summary) {
  std::string text =
      "<section id=\"results\"><h2>Results</h2><div class=\"wide\"><table class=\"main\"><thead><tr><th></th>";
  for (const SummaryColumn& column : summary.columns) {
    std::int64_t count = 0;
    for (const std::string& system : summary.systems)
      if (const CellSummary* cell = summary.find(system, column)) count = std::max(count, cell->count);
    text += "<th scope=\"col\">" + escape(column.task) + "<span class=\"method\">" + escape(column.method) + ", " +
            unit_of(column).name + ", n&nbsp;=&nbsp;" + std::to_string(count) + "</span></th>";
  }
  text += "</tr></thead><tbody>";
  for (const std::string& system : summary.systems) {
    text += "<tr><th scope=\"row\">" + escape(system) + "</th>";
    for (const SummaryColumn& column : summary.columns)
      text += cell_html(summary, summary.find(system, column), unit_of(column));
    text += "</tr>";
  }
  return text + chance_row(summary) + "</tbody></table></div>" + notes_html(summary) + "</section>";
}

std::string bars_section(const Summary& summary, const RunInfo& info) {
  std::string text = "<section id=\"bars\"><h2>Scores with intervals</h2><div class=\"charts\">";
  for (const SummaryColumn& column : summary.columns) {
    const Unit unit = unit_of(column);
    std::vector<svg::Bar> bars;
    for (const std::string& system : summary.systems) {
      const CellSummary* cell = summary.find(system, column);
      if (cell == nullptr) continue;
      const Interval& interval = cell->score.interval;
      bars.push_back({.label = system,
                      .value = unit.factor * cell->score.value,
                      .interval = Interval{unit.factor * interval.low, unit.factor * interval.high},
                      .group = group_of(system, summary, info),
                      .text = number(unit.factor * cell->score.value, unit.digits)});
    }
    text += "<figure>" +
            svg::bar_chart(bars, {.title = column.task + ", " + column.method, .x_label = unit.name, .width = 360}) +
            "</figure>";
  }
  return text + "</div></section>";
}

std::string latency_section(const Summary& summary) {
  std::string text =
      "<section id=\"latency\"><h2>Lengths and latency</h2><p class=\"hint\">Per sample, without those that failed. "
      "Tokens and parts: means; milliseconds in total: median and 95th percentile.</p><div class=\"wide\"><table "
      "class=\"plain\"><thead><tr><th></th><th>prompt</th><th>sharer</th><th>context</th><th>new</"
      "th>"
      "<th>prefill&nbsp;ms</th><th>fuse&nbsp;ms</th><th>decode&nbsp;ms</th><th>total&nbsp;p50</th><th>total&nbsp;p95</"
      "th>"
      "</tr></thead><tbody>";
  const CellSummary* previous = nullptr;
  for (const CellSummary& cell : summary.cells) {
    const bool begins = previous == nullptr || previous->task != cell.task || previous->method != cell.method;
    if (begins)
      text += "<tr class=\"task\"><td colspan=\"10\">" + escape(cell.task + ", " + cell.method) + "</td></tr>";
    previous = &cell;
    text += "<tr><th scope=\"row\">" + escape(cell.system) + "</th>";
    for (const double tokens :
         {cell.prompt_tokens.mean, cell.sharer_tokens.mean, cell.context_tokens.mean, cell.new_tokens.mean,
          cell.prefill_ms.mean, cell.fuse_ms.mean, cell.decode_ms.mean, cell.total_ms.p50, cell.total_ms.p95})
      text += "<td>" + number(tokens, 1) + "</td>";
    text += "</tr>";
  }
  return text + "</tbody></table></div></section>";
}

std::string provenance_section(const std::vector<ReportRun>& runs) {
  std::string text = "<section id=\"provenance\"><h2>Where the numbers come from</h2>";
  for (const ReportRun& run : runs) {
    const RunInfo& info = run.info;
    text += "<details><summary>" + escape(info.name.empty() ? "run" : info.name) + "</summary><dl>";
    const std::pair<const char*, const std::string*> lines[] = {{"command", &info.command},
                                                                {"configuration", &info.config_path},
                                                                {"started", &info.started},
                                                                {"finished", &info.finished}};
    for (const auto& [name, value] : lines)
      if (!value->empty()) text += std::string("<dt>") + name + "</dt><dd>" + escape(*value) + "</dd>";
    text += "</dl>";
    const nlohmann::json whole = to_json(info);
    for (const char* key : {"systems", "tasks", "hashes", "versions", "hardware", "seeds"})
      text += json_block(key, whole[key]);
    if (!info.config_text.empty()) text += "<h4>configuration as run</h4><pre>" + escape(info.config_text) + "</pre>";
    text += "</details>";
  }
  return text + "</section>";
}

}  // namespace c2c::results
