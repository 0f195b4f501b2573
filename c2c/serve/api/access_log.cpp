#include "c2c/serve/api/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <ctime>

#include "c2c/base/error.h"
#include "c2c/base/log.h"

namespace c2c::api {
namespace {

// 2026-01-31T12:00:00.123Z
std::string utc_time(double unix_seconds) {
  const double whole = std::floor(unix_seconds);
  const auto seconds = static_cast<std::time_t>(whole);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[64];
  const std::size_t length = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string millis = std::to_string(static_cast<int>((unix_seconds - whole) * 1000));
  millis.insert(0, 3 - std::min<std::size_t>(3, millis.size()), '0');
  return std::string(text, length) + "." + millis + "Z";
}

}  // namespace

std::string access_line(const AccessRecord& record, double unix_seconds) {
  Json line = {{"time", utc_time(unix_seconds)}, {"id", record.id}, {"route", record.route}, {"status", record.status}};
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) line[key] = text;
  };
  add("model", record.model);
  add("mode", record.mode);
  add("finish", record.finish);
  add("error", record.error);
  if (record.stream) line["stream"] = true;
  line["total_ms"] = std::round(record.total * 1e6) / 1e3;
  if (record.usage.prompt_tokens > 0) {
    line["usage"] = usage_json(record.usage);
    line["timings"] = timings_json(record.timings);
  }
  return to_text(line) + "\n";
}

AccessLog::AccessLog(const std::filesystem::path& path) {
  if (path.empty()) return;
  file_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file_ < 0)
    fail_usage({.where = path.string(),
                .found = std::strerror(errno),
                .expected = "a file to append to",
                .hint = "--access-log FILE"});
}

AccessLog::~AccessLog() {
  if (file_ >= 0) ::close(file_);
}

void AccessLog::write(const AccessRecord& record) {
  if (file_ < 0) return;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  const double now = std::chrono::duration<double>(since_1970).count();
  const std::string line = access_line(record, now - record.total);
  const std::lock_guard lock(mutex_);
  if (::write(file_, line.data(), line.size()) == static_cast<ssize_t>(line.size()) || has_failed_) return;
  has_failed_ = true;
  log_warning(std::string("the access log cannot be written: ") + std::strerror(errno));
}

}  // namespace c2c::api
