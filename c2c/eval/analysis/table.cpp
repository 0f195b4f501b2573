#include "c2c/eval/analysis/table.h"

#include <algorithm>
#include <cstdio>

#include "c2c/eval/results/svg.h"
#include "c2c/io/formats/source.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

std::string cell_text(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// On the page: four digits are what a reader takes in; the other files have all.
std::string page_text(const Json& value) {
  if (!value.is_number_float()) return cell_text(value);
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value.get<double>());
  return text;
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

constexpr const char* kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c;"
    "background:#fff}table{border-collapse:collapse;display:block;overflow-x:auto}td,th{padding:.2rem .7rem;"
    "border-bottom:1px solid #ccc;text-align:right;white-space:nowrap}th:first-child,td:first-child{text-align:left}"
    "svg{max-width:100%;height:auto;vertical-align:top}@media(prefers-color-scheme:dark){body{background:#16181c;color:"
    "#e6e6e6}}";

std::string to_html(const Analysis& analysis) {
  std::string page =
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><title>" +
      svg::escape(analysis.title) + "</title><style>" + kStyle + "</style><h1>" + svg::escape(analysis.title) + "</h1>";
  for (const std::string& note : analysis.notes) page += "<p>" + svg::escape(note) + "</p>";
  for (const std::string& picture : analysis.pictures) page += picture;
  page += "<table><tr>";
  for (const std::string& column : analysis.table.columns) page += "<th>" + svg::escape(column) + "</th>";
  page += "</tr>";
  const std::size_t shown = std::min(analysis.page_rows, analysis.table.rows.size());
  for (std::size_t i = 0; i < shown; ++i) {
    page += "<tr>";
    for (const Json& value : analysis.table.rows[i]) page += "<td>" + svg::escape(page_text(value)) + "</td>";
    page += "</tr>";
  }
  page += "</table>";
  if (shown < analysis.table.rows.size())
    page += "<p>" + std::to_string(shown) + " of " + std::to_string(analysis.table.rows.size()) +
            " rows; the CSV file has all.</p>";
  return page + "</html>\n";
}

Json to_json(const Analysis& analysis) {
  Json json = {{"title", analysis.title}, {"notes", analysis.notes}, {"rows", Json::array()}};
  for (const auto& row : analysis.table.rows) {
    Json& one = json["rows"].emplace_back(Json::object());
    for (std::size_t i = 0; i < row.size(); ++i) one[analysis.table.columns[i]] = row[i];
  }
  if (!analysis.json.is_null()) json["more"] = analysis.json;
  return json;
}

}  // namespace

std::string to_csv(const AnalysisTable& table) {
  std::string text;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (i > 0) text += ',';
    text += quoted(table.columns[i]);
  }
  text += "\n";
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      text += quoted(cell_text(row[i]));
    }
    text += "\n";
  }
  return text;
}

std::vector<std::filesystem::path> write_analysis(const std::filesystem::path& folder, const Analysis& analysis) {
  std::filesystem::create_directories(folder);
  std::vector<std::filesystem::path> files;
  const auto write = [&](const std::string& ending, const std::string& text) {
    files.push_back(folder / (analysis.name + ending));
    write_file_atomically(files.back(), text);
  };
  write(".csv", to_csv(analysis.table));
  write(".json", to_json(analysis).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  write(".html", to_html(analysis));
  for (std::size_t i = 0; i < analysis.pictures.size(); ++i)
    write(i == 0 ? std::string(".svg") : std::string(1, '-').append(std::to_string(i + 1)).append(".svg"),
          analysis.pictures[i]);
  return files;
}

}  // namespace c2c
