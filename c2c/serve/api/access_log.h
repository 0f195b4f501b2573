// One line of JSON for each request: who asked what kind of thing, how it ended, how long it took. Never what was said,
// never a key.
#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>

#include "c2c/serve/api/replies.h"

namespace c2c::api {

struct AccessRecord {
  // id: the reply's, and of its X-Request-Id. finish: stop, length, cancelled, error; empty where nothing is written.
  std::string id, route, model, mode, finish;
  int status = 0;
  std::string error;  // the fault's code or type
  bool stream = false;
  Usage usage;
  AnswerTimings timings;  // of the first answer
  double total = 0;       // seconds
};

// `unix_seconds`: when the request came.
std::string access_line(const AccessRecord& record, double unix_seconds);

class AccessLog {
 public:
  // Appends to `path`; empty: nowhere. Throws kUsage where it cannot be opened.
  explicit AccessLog(const std::filesystem::path& path);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;
  // Each line goes out in one write, so that lines of several processes do not mix. A full disk loses lines; it is said
  // once.
  void write(const AccessRecord& record);

 private:
  std::mutex mutex_;
  int file_ = -1;
  bool has_failed_ = false;
};

}  // namespace c2c::api
