// JSON or YAML text to one tree. Bounded: text size, depth, number of nodes with aliases expanded (an alias bomb is an
// error, not a gigabyte). Duplicate keys are errors. YAML: one document, the 1.2 core schema (true/false/null,
// numbers); the tags, complex keys and merge keys nobody needs in a recipe are refused.
#pragma once
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace c2c {

struct ParseLimits {
  std::size_t bytes = std::size_t{16} << 20;
  std::size_t depth = 64;
  std::size_t nodes = 1'000'000;
};

// `name` (a path or description) is used in messages; its extension .json, .yaml or .yml decides the format. Otherwise
// text that starts with '{' or '[' is tried as JSON first. What a user tells the program, so that kUsage is thrown
// where it does not parse, naming `name`, line and column; the two below throw kInput.
nlohmann::ordered_json parse_config_text(const std::string& name, std::string_view text,
                                         const ParseLimits& limits = {});
nlohmann::ordered_json parse_json_text(const std::string& name, std::string_view text, const ParseLimits& limits = {});
nlohmann::ordered_json parse_yaml_text(const std::string& name, std::string_view text, const ParseLimits& limits = {});

// Whole file that a command, or another file, names. Throws kUsage where it is missing, not a regular file or larger
// than the limit.
std::string read_config_file(const std::filesystem::path& path, std::size_t limit = ParseLimits{}.bytes);

}  // namespace c2c
