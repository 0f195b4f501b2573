#include <algorithm>
#include <cstdio>
#include <utility>

#include "c2c/base/utf8.h"
#include "c2c/eval/results/summary.h"
#include "c2c/eval/results/text_table.h"

namespace c2c {

namespace {

using Rows = results::TextRows;

std::string number(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string with_interval(const Estimate& estimate, double factor, int digits) {
  return number(factor * estimate.value, digits) + " [" + number(factor * estimate.interval.low, digits) + ", " +
         number(factor * estimate.interval.high, digits) + "]";
}

// A column of the table: a task and method, or the length-normalised scores beside one.
struct TableColumn {
  SummaryColumn of;
  bool norm = false;
};

std::vector<TableColumn> table_columns(const Summary& summary) {
  std::vector<TableColumn> columns;
  for (const SummaryColumn& column : summary.columns) {
    columns.push_back({column});
    for (const std::string& system : summary.systems)
      if (const CellSummary* cell = summary.find(system, column); cell != nullptr && cell->score_norm) {
        columns.push_back({column, true});
        break;
      }
  }
  return columns;
}

std::string heading(const Summary& summary, const TableColumn& column) {
  std::int64_t count = 0;
  for (const std::string& system : summary.systems)
    if (const CellSummary* cell = summary.find(system, column.of)) count = std::max(count, cell->count);
  const char* unit = column.of.method == "cross_entropy" ? ", nats/token" : ", %";
  return column.of.task + " " + column.of.method + (column.norm ? " norm" : "") + " (n=" + std::to_string(count) +
         unit + ")";
}

Rows table_rows(const Summary& summary) {
  const std::vector<TableColumn> columns = table_columns(summary);
  Rows rows(1, {"system"});
  for (const TableColumn& column : columns) rows[0].push_back(heading(summary, column));
  std::vector<std::string> chances = {"(guessing)"};
  bool any_chance = false;
  for (const TableColumn& column : columns) {
    std::string& chance = chances.emplace_back();
    for (const std::string& system : summary.systems)
      if (const CellSummary* cell = summary.find(system, column.of); cell != nullptr && cell->chance)
        chance = number(100 * *cell->chance, 1);
    any_chance = any_chance || !chance.empty();
  }
  for (const std::string& system : summary.systems) {
    std::vector<std::string>& row = rows.emplace_back(1, system);
    for (const TableColumn& column : columns) {
      const CellSummary* cell = summary.find(system, column.of);
      if (cell == nullptr)
        row.emplace_back("-");
      else if (!column.norm)
        row.push_back(results::cell_text(summary, *cell));
      else
        row.push_back(cell->score_norm ? with_interval(*cell->score_norm, 100, 1) : "-");
    }
  }
  if (any_chance) rows.push_back(std::move(chances));
  return rows;
}

}  // namespace

namespace results {

std::string cell_text(const Summary& summary, const CellSummary& cell) {
  std::string text = cell.is_cross_entropy() ? with_interval(cell.score, 1, 3) : with_interval(cell.score, 100, 1);
  if (cell.not_claimed)
    text += " †";
  else if (cell.is_better(cell.against_baseline, summary.significance))
    text += " *";
  return text;
}

std::string markdown_text(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '_' || c == '<' || c == '\\' || c == '`') safe += '\\';
    safe += c == '\n' || c == '\r' ? ' ' : c;
  }
  return safe;
}

std::string draw_table(TextRows rows, TableStyle style) {
  const bool markdown = style == TableStyle::kMarkdown;
  std::vector<std::size_t> widths(rows[0].size(), 3);
  for (std::vector<std::string>& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (markdown) row[i] = markdown_text(row[i]);
      widths[i] = std::max(widths[i], count_code_points(row[i]));
    }
  std::string text;
  const auto line = [&](const std::vector<std::string>& row) {
    std::string drawn;
    for (std::size_t i = 0; i < row.size(); ++i) {
      drawn += markdown ? "| " : i == 0 ? "" : "  ";
      drawn += row[i] + std::string(widths[i] - count_code_points(row[i]), ' ') + (markdown ? " " : "");
    }
    if (markdown) drawn += "|";
    while (drawn.ends_with(' ')) drawn.pop_back();
    text += drawn + "\n";
  };
  line(rows[0]);
  std::vector<std::string> rule;
  for (const std::size_t width : widths) rule.emplace_back(width, '-');
  line(rule);
  for (std::size_t i = 1; i < rows.size(); ++i) line(rows[i]);
  return text;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::vector<std::string> table_legend(const Summary& summary) {
  std::vector<std::string> legend = {"Brackets: 95 % intervals by bootstrap over samples."};
  const std::string p = "p < " + number(summary.significance, 2);
  bool starred = false, daggered = false;
  for (const CellSummary& cell : summary.cells) {
    daggered = daggered || cell.not_claimed;
    starred = starred || (!cell.not_claimed && cell.is_better(cell.against_baseline, summary.significance));
  }
  if (starred)
    legend.push_back("* better than " + summary.baseline + " on the same samples (paired test, " + p +
                     ", not corrected for the number of comparisons).");
  if (daggered) legend.push_back("† better than " + summary.baseline + ", but so is its control.");
  return legend;
}

}  // namespace results

std::string summary_table(const Summary& summary, TableStyle style) {
  std::string text = results::draw_table(table_rows(summary), style) + "\n";
  const bool markdown = style == TableStyle::kMarkdown;
  const auto note = [&](const std::string& line) {
    text += "- " + (markdown ? results::markdown_text(line) : line) + "\n";
  };
  for (const std::string& line : results::table_legend(summary)) note(line);
  for (const std::string& line : summary.notes) note(line);
  return text;
}

}  // namespace c2c
