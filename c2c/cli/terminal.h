// What a person at a terminal sees besides results: log lines and a progress bar, all on stderr.
#pragma once
#include <chrono>
#include <fstream>
#include <memory>
#include <string>

#include "c2c/base/log.h"

namespace c2c::cli {

bool is_terminal(int descriptor);
// ANSI colours on stdout: a terminal, and NO_COLOR is not set.
bool use_colour();

// Installs the process's log sink: warnings always, the rest with `verbose`, everything into `log_file` when named.
void install_log(bool verbose, const std::string& log_file);

// A bar on a terminal once half a second has passed; elsewhere one log line for work that took longer than 2 s.
class ProgressBar {
 public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `detail` is shown behind `what` and may change with every call.
  void update(std::string_view what, double done, double total, std::string_view detail = {});
  void finish();  // clears the bar
  ProgressFn function() {
    return [this](std::string_view what, double done, double total) { update(what, done, total); };
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_;
  bool drawn_ = false;
  std::string what_;
  Clock::time_point started_, last_drawn_;  // elsewhere: when the last line was written
};

}  // namespace c2c::cli
