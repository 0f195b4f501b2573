#include "c2c/train/trainer/metrics_log.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "c2c/base/error.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// Lines of other hands are kept: only what says a later step goes.
bool is_later(const std::string& line, std::int64_t step) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return false;
  const auto it = json.find("step");
  return it != json.end() && it->is_number_integer() && it->get<std::int64_t>() > step;
}

// Bytes up to the first later step or the last whole line.
std::uintmax_t kept_bytes(const fs::path& path, std::int64_t step) {
  std::ifstream file(path, std::ios::binary);
  std::uintmax_t kept = 0;
  for (std::string line; std::getline(file, line) && !file.eof(); kept += line.size() + 1)
    if (is_later(line, step)) break;
  return kept;
}

fs::path prepared(const fs::path& path, std::optional<std::int64_t> resume_step) {
  std::error_code missing;
  const std::uintmax_t size = fs::file_size(path, missing);
  if (missing || size == 0) return path;
  if (!resume_step)
    fail_usage({.where = path.string(),
                .found = "the log of an earlier run",
                .expected = "no such file",
                .hint = "resume that run, or give this one another output folder"});
  const std::uintmax_t kept = kept_bytes(path, *resume_step);
  std::error_code error;
  if (kept < size) fs::resize_file(path, kept, error);
  if (error) fail_input({.where = path.string(), .found = error.message(), .expected = "a log that can be shortened"});
  return path;
}

}  // namespace

MetricsLog::MetricsLog(const fs::path& path, std::optional<std::int64_t> resume_step)
    : file_(prepared(path, resume_step), AppendFile::Mode::kExtend) {}

void MetricsLog::write(std::int64_t step, const Json& values) {
  C2C_CHECK(values.is_object() && !values.contains("step"), "metrics are an object, and the log adds the step");
  Json line = {{"step", step}};
  line.update(values);
  file_.append(line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace c2c
