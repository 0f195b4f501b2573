// Where warnings and progress of the library go. The default sink is silent: only `cli` and `serve` install one.
#pragma once
#include <functional>
#include <string_view>

namespace c2c {

enum class LogLevel { kDebug, kInfo, kWarning };
using LogSink = std::function<void(LogLevel, std::string_view)>;

// Thread-safe; an empty sink silences.
void set_log_sink(LogSink sink);
void log(LogLevel level, std::string_view message);
inline void log_warning(std::string_view message) {
  log(LogLevel::kWarning, message);
}
inline void log_info(std::string_view message) {
  log(LogLevel::kInfo, message);
}

// done of total units; `what` names the work. Called often, from one thread.
using ProgressFn = std::function<void(std::string_view what, double done, double total)>;

}  // namespace c2c
