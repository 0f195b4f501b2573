#include "c2c/eval/results/json_fields.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

#include "c2c/base/error.h"

namespace c2c::results {

nlohmann::json number_json(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

FieldReader::FieldReader(const nlohmann::json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (!object_.is_object())
    fail_input({.where = where_, .found = object_.type_name(), .expected = "an object of fields"});
}

const nlohmann::json* FieldReader::find(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

void FieldReader::fail(const char* key, const nlohmann::json& found, const char* expected) const {
  std::string shown = dump(found);
  if (shown.size() > 60) shown = shown.substr(0, 57) + "...";
  fail_input({.where = where_,
              .key = key,
              .found = shown,
              .expected = expected,
              .hint = "the file was changed by hand, or written by another version of c2c"});
}

void FieldReader::text(const char* key, std::string& value, bool required) const {
  const nlohmann::json* json = find(key);
  if (json == nullptr && required) fail(key, nullptr, "a text");
  if (json == nullptr) return;
  if (!json->is_string()) fail(key, *json, "a text");
  value = json->get<std::string>();
}

double FieldReader::to_number(const char* key, const nlohmann::json& json) const {
  if (json.is_number()) return json.get<double>();
  if (json == "inf") return std::numeric_limits<double>::infinity();
  if (json == "-inf") return -std::numeric_limits<double>::infinity();
  if (json == "nan") return std::numeric_limits<double>::quiet_NaN();
  fail(key, json, "a number, \"inf\", \"-inf\" or \"nan\"");
}

void FieldReader::number(const char* key, double& value, bool required) const {
  const nlohmann::json* json = find(key);
  if (json == nullptr && required) fail(key, nullptr, "a number");
  if (json != nullptr) value = to_number(key, *json);
}

void FieldReader::integer(const char* key, std::int64_t& value) const {
  const nlohmann::json* json = find(key);
  if (json == nullptr) return;
  const bool too_large =
      json->is_number_unsigned() &&
      json->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!json->is_number_integer() || too_large) fail(key, *json, "a whole number");
  value = json->get<std::int64_t>();
}

void FieldReader::boolean(const char* key, bool& value) const {
  const nlohmann::json* json = find(key);
  if (json == nullptr) return;
  if (!json->is_boolean()) fail(key, *json, "true or false");
  value = json->get<bool>();
}

void FieldReader::texts(const char* key, std::vector<std::string>& values) const {
  const nlohmann::json* json = find(key);
  if (json == nullptr) return;
  if (!json->is_array()) fail(key, *json, "a list of texts");
  values.clear();
  for (const nlohmann::json& item : *json) {
    if (!item.is_string()) fail(key, item, "a text");
    values.push_back(item.get<std::string>());
  }
}

void FieldReader::json(const char* key, nlohmann::json& value) const {
  if (const nlohmann::json* json = find(key)) value = *json;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file && file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || text.fail())
    fail_input({.where = path.string(),
                .found = std::string("cannot be read: ") + std::strerror(errno),
                .expected = "a file of an evaluation's results"});
  return text.str();
}

nlohmann::json parse_json(const std::string& text, const std::string& where) {
  nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded())
    fail_input({.where = where,
                .found = text.empty() ? "nothing" : "text that is not JSON",
                .expected = "JSON",
                .hint = "the file is damaged: restore it, or start the run in an empty folder"});
  return json;
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  const auto fail = [&path](const char* what) {
    fail_input({.where = path.string(),
                .found = std::string(what) + ": " + std::strerror(errno),
                .expected = "a folder that can be written to, with enough space"});
  };
  const std::filesystem::path aside =
      path.parent_path() / ("." + path.filename().string() + ".tmp-" + std::to_string(getpid()));
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  const int fd = ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) fail("cannot create");
  bool good = true;
  while (good && !text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    good = written > 0;
    if (good) text.remove_prefix(static_cast<std::size_t>(written));
  }
  good = good && fsync(fd) == 0;
  const int reason = errno;
  close(fd);
  errno = reason;
  if (!good || std::rename(aside.c_str(), path.c_str()) != 0) {
    const int why = errno;
    unlink(aside.c_str());
    errno = why;
    fail("cannot write");
  }
}

}  // namespace c2c::results
