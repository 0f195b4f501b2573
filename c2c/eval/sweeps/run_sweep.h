// Trains and evaluates what is not there yet, one program after the other.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "c2c/eval/sweeps/plan.h"

namespace c2c {

struct SweepHooks {
  std::function<void(const std::string& line)> say;  // what is being done, and what failed
  std::function<int()> signal;                       // one that asks to stop, or 0: passed on to what runs
};

struct SweepFailure {
  std::string name;           // of training or run
  std::string reason;         // "exit code 1", ...
  std::filesystem::path log;  // empty: nothing was started
};

struct SweepOutcome {
  std::vector<SweepRun> done;  // evaluated, in the order of the grid
  std::vector<SweepFailure> failures;
  bool stopped = false;  // by a signal
};

// What fails is said with the last lines of its log; the others go on. Throws as plan_sweep, before anything is
// started, and kUsage where the folder is another sweep's or in use.
SweepOutcome run_sweep(const SweepFile& sweep, const SweepGrid& grid, const SweepProgram& program,
                       const SweepHooks& hooks);

}  // namespace c2c
