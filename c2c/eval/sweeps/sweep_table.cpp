#include "c2c/eval/sweeps/sweep_table.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "c2c/eval/results/json_fields.h"
#include "c2c/eval/results/output_names.h"
#include "c2c/eval/results/result_store.h"
#include "c2c/eval/results/text_table.h"
#include "c2c/io/formats/source.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

bool same(const SummaryColumn& a, const SummaryColumn& b) {
  return a.task == b.task && a.method == b.method;
}

class TableReader {
 public:
  TableReader(const SweepFile& sweep, const SweepGrid& grid) : sweep_(sweep), grid_(grid) {
    table_.name = sweep.name;
    for (const SweepAxis& axis : sweep.axes) {
      table_.axes.push_back(axis.name);
      table_.log.push_back(axis.log);
    }
  }

  void add_run(const SweepRun& run) {
    const fs::path folder = grid_.folder / "points" / run.name / "eval";
    const RunInfo info = read_run_info(folder);
    const Summary summary = summarize(ResultStore::read(folder), info);
    for (const SummaryColumn& column : summary.columns) add_column(column);
    for (const std::string& system : summary.systems) {
      SweepRow row = row_of(run, system);
      if (const SystemInfo* known = info.find_system(system)) row.control_of = known->control_of;
      for (const CellSummary& cell : summary.cells) {
        if (cell.system != system) continue;
        row.cells.push_back(cell);
        row.scores.push_back(results::cell_text(summary, cell));
      }
      table_.rows.push_back(std::move(row));
    }
    for (const std::string& line : results::table_legend(summary)) note(line, "");
    for (const std::string& line : summary.notes) note(line, run.name);
    ++runs_;
  }

  // heldout.json, as c2c train writes it.
  void add_training(std::size_t point) {
    const std::size_t training = *grid_.points[point].training;
    const fs::path file = grid_.trainings[training].folder / "heldout.json";
    if (!fs::exists(file)) return;
    const nlohmann::json json = results::parse_json(results::read_text(file), file.string());
    const results::FieldReader read(json, file.string());
    nlohmann::json held_out;
    read.json("held_out", held_out);
    add_column({"held out", "cross_entropy"});
    for (const auto& [key, name] : {std::pair("receiver", "receiver alone"), std::pair("fused", "fused"),
                                    std::pair("shuffled", "fused (control)")}) {
      if (!held_out.is_object() || !held_out.contains(key)) continue;
      const results::FieldReader losses(held_out[key], file.string());
      SweepRow row = row_of({.point = point, .name = grid_.points[point].name, .checkpoint = "final"}, name);
      CellSummary cell{.system = name, .task = "held out", .method = "cross_entropy"};
      losses.number("token_loss", cell.score.value, true);
      losses.integer("tokens", cell.count);
      cell.score.interval = {cell.score.value, cell.score.value};
      char text[32];
      std::snprintf(text, sizeof text, "%.4f", cell.score.value);
      row.scores.emplace_back(text);
      row.cells.push_back(std::move(cell));
      if (std::string_view(key) == "shuffled") row.control_of = "fused";
      table_.rows.push_back(std::move(row));
    }
  }

  SweepTable take() {
    for (const auto& [line, names] : notes_) {
      std::string text = line;
      if (!names.empty() && names.size() < runs_)
        for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 4); ++i)
          text += (i == 0 ? " (" : ", ") + (i < 3 ? names[i] : "and " + std::to_string(names.size() - 3) + " more");
      table_.notes.push_back(text + (text.size() > line.size() ? ")" : ""));
    }
    return std::move(table_);
  }

 private:
  SweepRow row_of(const SweepRun& run, const std::string& system) const {
    SweepRow row{.run = run,
                 .values = value_names(sweep_, grid_, run),
                 .numbers = {},
                 .system = system,
                 .control_of = "",
                 .cells = {},
                 .scores = {}};
    for (std::size_t axis = 0; axis < sweep_.axes.size(); ++axis)
      row.numbers.push_back(number_on(sweep_, grid_, run, axis));
    return row;
  }
  void add_column(const SummaryColumn& column) {
    const auto is_it = [&](const SummaryColumn& known) { return same(known, column); };
    if (std::none_of(table_.columns.begin(), table_.columns.end(), is_it)) table_.columns.push_back(column);
  }
  void note(const std::string& line, const std::string& run) {
    auto found = std::find_if(notes_.begin(), notes_.end(), [&](const auto& known) { return known.first == line; });
    if (found == notes_.end()) found = notes_.emplace(found, line, std::vector<std::string>());
    if (!run.empty()) found->second.push_back(run);
  }

  const SweepFile& sweep_;
  const SweepGrid& grid_;
  SweepTable table_;
  std::vector<std::pair<std::string, std::vector<std::string>>> notes_;  // and the runs that have it
  std::size_t runs_ = 0;
};

const char* unit_of(const std::string& method) {
  return method == "cross_entropy" ? "nats/token" : "%";
}

std::string heading(const SweepTable& table, const SummaryColumn& column) {
  std::int64_t least = INT64_MAX, most = 0;
  for (const SweepRow& row : table.rows)
    for (const CellSummary& cell : row.cells) {
      if (!same({cell.task, cell.method}, column)) continue;
      least = std::min(least, cell.count);
      most = std::max(most, cell.count);
    }
  const std::string count = least < most ? std::to_string(least) + " to " + std::to_string(most) : std::to_string(most);
  return column.task + " " + column.method + " (n=" + count + ", " + unit_of(column.method) + ")";
}

}  // namespace

SweepTable read_sweep_table(const SweepFile& sweep, const SweepGrid& grid, const std::vector<SweepRun>& runs) {
  TableReader reader(sweep, grid);
  for (const SweepRun& run : runs) reader.add_run(run);
  if (!sweep.eval.is_said())
    for (std::size_t i = 0; i < grid.points.size(); ++i) reader.add_training(i);
  return reader.take();
}

std::string sweep_text(const SweepTable& table, TableStyle style) {
  results::TextRows rows(1, table.axes);
  rows[0].emplace_back("system");
  for (const SummaryColumn& column : table.columns) rows[0].push_back(heading(table, column));
  for (const SweepRow& row : table.rows) {
    std::vector<std::string>& cells = rows.emplace_back(row.values);
    cells.push_back(row.system);
    for (const SummaryColumn& column : table.columns) {
      std::string text = "-";
      for (std::size_t i = 0; i < row.cells.size(); ++i)
        if (same({row.cells[i].task, row.cells[i].method}, column)) text = row.scores[i];
      cells.push_back(std::move(text));
    }
  }
  std::string text = results::draw_table(std::move(rows), style) + "\n";
  for (const std::string& note : table.notes)
    text += "- " + (style == TableStyle::kMarkdown ? results::markdown_text(note) : note) + "\n";
  return text;
}

std::string sweep_csv(const SweepTable& table) {
  std::string text;
  for (const std::string& axis : table.axes) text += results::csv_field(axis) + ",";
  text += "system,control_of,task,method,samples,errors,unit,score,low,high\n";
  for (const SweepRow& row : table.rows)
    for (const CellSummary& cell : row.cells) {
      for (const std::string& value : row.values) text += results::csv_field(value) + ",";
      for (const std::string* name : {&row.system, &row.control_of, &cell.task, &cell.method})
        text += results::csv_field(*name) + ",";
      const double factor = cell.is_cross_entropy() ? 1 : 100;
      text += std::to_string(cell.count) + "," + std::to_string(cell.errors) + "," + unit_of(cell.method);
      for (const double number : {cell.score.value, cell.score.interval.low, cell.score.interval.high})
        text += "," + results::dump(results::number_json(factor * number));
      text += "\n";
    }
  return text;
}

Json to_json(const SweepTable& table) {
  Json rows = Json::array();
  for (const SweepRow& row : table.rows) {
    Json values = Json::object();
    for (std::size_t i = 0; i < table.axes.size(); ++i) values[table.axes[i]] = row.values[i];
    Json scores = Json::array();
    for (const CellSummary& cell : row.cells) {
      Json one = {{"task", cell.task}, {"method", cell.method}, {"samples", cell.count}, {"errors", cell.errors}};
      one[cell.is_cross_entropy() ? "nats_per_token" : "accuracy"] = results::number_json(cell.score.value);
      one["interval"] = {results::number_json(cell.score.interval.low), results::number_json(cell.score.interval.high)};
      one["not_claimed"] = cell.not_claimed;
      for (const auto& [key, test] :
           {std::pair("against_baseline", &cell.against_baseline), std::pair("against_control", &cell.against_control)})
        one[key] = *test ? Json{{"difference", results::number_json((*test)->difference)},
                                {"pairs", (*test)->pairs},
                                {"p_value", results::number_json((*test)->p_value)}}
                         : Json();
      scores.push_back(std::move(one));
    }
    rows.push_back({{"run", row.run.name},
                    {"axes", values},
                    {"system", row.system},
                    {"control_of", row.control_of},
                    {"scores", scores}});
  }
  return {{"sweep", table.name}, {"axes", table.axes}, {"rows", rows}, {"notes", table.notes}};
}

std::vector<fs::path> write_sweep_table(const fs::path& folder, const SweepTable& table) {
  std::vector<fs::path> files;
  const auto write = [&](const std::string& name, const std::string& text) {
    files.push_back(folder / name);
    write_file_atomically(files.back(), text);
  };
  write("table.md", "# " + results::markdown_text(table.name) + "\n\n" + sweep_text(table, TableStyle::kMarkdown));
  write("table.csv", sweep_csv(table));
  write("table.json", results::dump(to_json(table), 1) + "\n");
  for (const SweepCurve& curve : sweep_curves(table)) write(curve.name + ".svg", curve.svg);
  return files;
}

}  // namespace c2c
