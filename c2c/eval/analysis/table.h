// What an analysis finds: numbers in columns, and pictures of them.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace c2c {

struct AnalysisTable {
  std::vector<std::string> columns;
  std::vector<std::vector<nlohmann::ordered_json>> rows;  // as long as columns; null: empty
};

struct Analysis {
  std::string name;  // of its files
  std::string title;
  AnalysisTable table;
  std::vector<std::string> pictures;  // SVG
  std::vector<std::string> notes;     // what a reader must know
  nlohmann::ordered_json json;        // beyond the table; null: nothing
  std::size_t page_rows = 1000;       // of the table on the page; the other files have all
};

std::string to_csv(const AnalysisTable& table);  // RFC 4180, "\n" between lines
// NAME.csv, NAME.json, NAME.html and NAME.svg (NAME-2.svg, ...) in `folder`, each written aside and renamed. Returns
// them.
std::vector<std::filesystem::path> write_analysis(const std::filesystem::path& folder, const Analysis& analysis);

}  // namespace c2c
