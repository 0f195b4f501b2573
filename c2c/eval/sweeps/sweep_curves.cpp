#include <algorithm>

#include "c2c/eval/results/output_names.h"
#include "c2c/eval/results/svg.h"
#include "c2c/eval/sweeps/sweep_table.h"

namespace c2c {
namespace {

struct Line {
  std::string system, place;  // place: where it stands on the other axes
  svg::Series series;
  bool is_same(const Line& other) const { return series.x == other.series.x && series.y == other.series.y; }
};

// "front, 0.5" of the axes but one.
std::string place_of(const SweepRow& row, std::size_t axis) {
  std::string place;
  for (std::size_t i = 0; i < row.values.size(); ++i)
    if (i != axis) place += (place.empty() ? "" : ", ") + row.values[i];
  return place;
}

std::vector<Line> lines_of(const SweepTable& table, std::size_t axis, const SummaryColumn& column) {
  std::vector<Line> lines;
  for (const SweepRow& row : table.rows) {
    if (!row.numbers[axis]) continue;
    for (const CellSummary& cell : row.cells) {
      if (cell.task != column.task || cell.method != column.method) continue;
      const std::string place = place_of(row, axis);
      auto line = std::find_if(lines.begin(), lines.end(),
                               [&](const Line& one) { return one.system == row.system && one.place == place; });
      if (line == lines.end()) line = lines.insert(lines.end(), {row.system, place, {}});
      const double factor = cell.is_cross_entropy() ? 1 : 100;
      line->series.x.push_back(*row.numbers[axis]);
      line->series.y.push_back(factor * cell.score.value);
      line->series.intervals.push_back({factor * cell.score.interval.low, factor * cell.score.interval.high});
    }
  }
  return lines;
}

// Points from left to right.
void sort_points(svg::Series& series) {
  std::vector<std::size_t> order(series.x.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return series.x[a] < series.x[b]; });
  svg::Series sorted;
  for (const std::size_t i : order) {
    sorted.x.push_back(series.x[i]);
    sorted.y.push_back(series.y[i]);
    sorted.intervals.push_back(series.intervals[i]);
  }
  series = std::move(sorted);
}

// A system that is the same wherever it stands on the other axes needs one line and no place in its name.
std::vector<svg::Series> drawn(std::vector<Line> lines) {
  std::vector<svg::Series> all;
  for (Line& line : lines) sort_points(line.series);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto first =
        std::find_if(lines.begin(), lines.end(), [&](const Line& one) { return one.system == lines[i].system; });
    const bool one_line = std::all_of(lines.begin(), lines.end(), [&](const Line& other) {
      return other.system != lines[i].system || other.is_same(*first);
    });
    if (one_line && first != lines.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    svg::Series series = lines[i].series;
    series.label = one_line || lines[i].place.empty() ? lines[i].system : lines[i].system + ", " + lines[i].place;
    all.push_back(std::move(series));
  }
  return all;
}

}  // namespace

std::vector<SweepCurve> sweep_curves(const SweepTable& table) {
  std::vector<SweepCurve> curves;
  for (std::size_t axis = 0; axis < table.axes.size(); ++axis)
    for (const SummaryColumn& column : table.columns) {
      const std::vector<svg::Series> series = drawn(lines_of(table, axis, column));
      const bool is_curve = std::any_of(series.begin(), series.end(), [](const svg::Series& one) {
        return !one.x.empty() && one.x.front() < one.x.back();
      });
      if (!is_curve) continue;
      const bool nats = column.method == "cross_entropy";
      const svg::Axes axes{.title = table.name + ": " + column.task + " " + column.method,
                           .x_label = table.axes[axis],
                           .y_label = nats ? "nats per token" : "score, %",
                           .log_x = table.log[axis],
                           .x_range = {},
                           .y_range = {}};
      curves.push_back({"curve-" + results::file_name(table.axes[axis] + "-" + column.task + "-" + column.method),
                        svg::line_chart(series, axes)});
    }
  return curves;
}

}  // namespace c2c
