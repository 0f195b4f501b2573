// Reading fields of JSON objects that come from files: what is missing or of another type is an error that names it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace c2c::results {

// A double as JSON can carry it: numbers, and "inf", "-inf", "nan".
nlohmann::json number_json(double value);

class FieldReader {
 public:
  FieldReader(const nlohmann::json& object, std::string where);  // throws kInput unless it is an object

  // Each throws kInput for another type; `required` fields also when they are missing.
  void text(const char* key, std::string& value, bool required = false) const;
  void number(const char* key, double& value, bool required = false) const;
  void integer(const char* key, std::int64_t& value) const;
  void boolean(const char* key, bool& value) const;
  void texts(const char* key, std::vector<std::string>& values) const;
  void json(const char* key, nlohmann::json& value) const;
  // nullptr: missing or null.
  const nlohmann::json* find(const char* key) const;
  [[noreturn]] void fail(const char* key, const nlohmann::json& found, const char* expected) const;
  double to_number(const char* key, const nlohmann::json& json) const;

 private:
  const nlohmann::json& object_;
  std::string where_;
};

// Text for a file of JSON: invalid UTF-8 becomes U+FFFD. indent < 0: one line.
template <class Json>
std::string dump(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// The whole file; throws kInput naming it.
std::string read_text(const std::filesystem::path& path);
nlohmann::json parse_json(const std::string& text, const std::string& where);
// Written aside, flushed and renamed, so that the file is whole or not there. Throws kInput.
void write_text(const std::filesystem::path& path, std::string_view text);

}  // namespace c2c::results
