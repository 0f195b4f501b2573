#include "c2c/cli/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "c2c/base/error.h"

namespace c2c::cli {
namespace {

// Clears a bar that may stand on the current line, so that a log line does not end in its leftovers.
bool g_bar_on_screen = false;

void clear_bar() {
  if (!g_bar_on_screen) return;
  std::fputs("\r\033[K", stderr);
  g_bar_on_screen = false;
}

std::string now_text() {
  char text[32];
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  localtime_r(&now, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

}  // namespace

bool is_terminal(int descriptor) {
  return ::isatty(descriptor) == 1;
}

bool use_colour() {
  const char* no_colour = std::getenv("NO_COLOR");
  return is_terminal(STDOUT_FILENO) && (no_colour == nullptr || *no_colour == '\0');
}

void install_log(bool verbose, const std::string& log_file) {
  std::shared_ptr<std::ofstream> file;
  if (!log_file.empty()) {
    file = std::make_shared<std::ofstream>(log_file, std::ios::app);
    if (!*file) fail_usage({.where = "--log-file", .key = log_file, .found = "a file that cannot be written"});
  }
  set_log_sink([verbose, file](LogLevel level, std::string_view message) {
    const char* label = level == LogLevel::kWarning ? "warning: " : "";
    if (level == LogLevel::kWarning || verbose) {
      clear_bar();
      std::fprintf(stderr, "%s%.*s\n", label, static_cast<int>(message.size()), message.data());
    }
    if (file) *file << now_text() << ' ' << label << message << std::endl;
  });
}

ProgressBar::ProgressBar() : terminal_(is_terminal(STDERR_FILENO)), started_(Clock::now()) {}

ProgressBar::~ProgressBar() {
  finish();
}

void ProgressBar::update(std::string_view what, double done, double total, std::string_view detail) {
  const auto now = Clock::now();
  if (what != what_) {
    finish();
    what_ = what;
    started_ = last_drawn_ = now;
  }
  const auto seconds = [](Clock::duration span) { return std::chrono::duration<double>(span).count(); };
  constexpr double kLines = 30;  // seconds between lines where there is no terminal
  if (!terminal_ && !detail.empty() && seconds(now - last_drawn_) > kLines) {
    std::fprintf(stderr, "%s%s (%.0f of %.0f)\n", what_.c_str(), std::string(detail).c_str(), done, total);
    last_drawn_ = now;
  }
  if (!terminal_ || seconds(now - started_) < 0.5 || (drawn_ && seconds(now - last_drawn_) < 0.1)) return;
  constexpr int kWidth = 30;
  const double part = total > 0 ? std::clamp(done / total, 0.0, 1.0) : 0.0;
  const int filled = static_cast<int>(part * kWidth);
  const std::string bar =
      std::string(static_cast<std::size_t>(filled), '#') + std::string(static_cast<std::size_t>(kWidth - filled), '.');
  const std::string shown = what_ + std::string(detail);
  std::fprintf(stderr, "\r\033[K[%s] %3.0f %%  %.100s", bar.c_str(), part * 100, shown.c_str());
  std::fflush(stderr);
  drawn_ = g_bar_on_screen = true;
  last_drawn_ = now;
}

void ProgressBar::finish() {
  if (drawn_) clear_bar();
  drawn_ = false;
  const double took = std::chrono::duration<double>(Clock::now() - started_).count();
  if (!what_.empty() && !terminal_ && took > 2.0) {
    char line[160];
    std::snprintf(line, sizeof line, "%.100s took %.1f s", what_.c_str(), took);
    std::fprintf(stderr, "%s\n", line);
  }
  what_.clear();
}

}  // namespace c2c::cli
