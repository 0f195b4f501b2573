// A program that is run to its end, with everything it says in a file.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "c2c/io/process/start.h"

namespace c2c {

struct RunLoggedOptions {
  StartOptions start;  // its three streams are set here
  // Asked twenty times a second: a signal to pass on to the program, or 0. The same one is passed on once.
  std::function<int()> signal;
};

// Appends the command and all that it says to `log` (the folder is made) and waits. Returns its exit code, or 128 + the
// signal that ended it. Throws kInput where log or program cannot be had.
int run_logged(const std::vector<std::string>& command, const std::filesystem::path& log,
               const RunLoggedOptions& options = {});

// The last lines of a file, at most so many and 4 KiB; "" where there is none. A progress bar's line counts as it last
// was; bytes that are no UTF-8 become U+FFFD.
std::string last_lines(const std::filesystem::path& file, int count);

}  // namespace c2c
