#include "c2c/io/config/parse_text.h"

#include <fstream>
#include <sstream>

#include "c2c/base/error.h"

namespace c2c {

namespace {

nlohmann::ordered_json parse_either(const std::string& name, std::string_view text, const ParseLimits& limits) {
  if (name.ends_with(".json")) return parse_json_text(name, text, limits);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_json_like = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  if (!is_json_like || name.ends_with(".yaml") || name.ends_with(".yml")) return parse_yaml_text(name, text, limits);
  try {
    return parse_json_text(name, text, limits);
  } catch (const Error& json_error) {
    try {
      return parse_yaml_text(name, text, limits);  // flow YAML: single quotes, comments, trailing commas
    } catch (const Error&) {
      throw json_error;
    }
  }
}

}  // namespace

nlohmann::ordered_json parse_config_text(const std::string& name, std::string_view text, const ParseLimits& limits) {
  try {
    return parse_either(name, text, limits);
  } catch (const Error& error) {
    fail_usage(error.info());
  }
}

std::string read_config_file(const std::filesystem::path& path, std::size_t limit) {
  std::error_code code;
  const auto status = std::filesystem::status(path, code);
  if (!std::filesystem::is_regular_file(status))
    fail_usage({.where = path.string(),
                .found = std::filesystem::exists(status) ? "not a regular file" : "no such file",
                .expected = "a text file"});
  std::ifstream file(path, std::ios::binary);
  if (!file) fail_usage({.where = path.string(), .found = "a file that cannot be read"});
  std::string text;
  char buffer[1 << 16];
  while (file.read(buffer, sizeof buffer) || file.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > limit)
      fail_usage({.where = path.string(),
                  .found = "more than " + std::to_string(limit) + " bytes",
                  .expected = "a smaller text file"});
  }
  return text;
}

}  // namespace c2c
