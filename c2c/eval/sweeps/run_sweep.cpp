#include "c2c/eval/sweeps/run_sweep.h"

#include <algorithm>
#include <csignal>
#include <map>

#include "c2c/base/error.h"
#include "c2c/eval/sweeps/sweep_folder.h"
#include "c2c/io/process/run_logged.h"

namespace c2c {
namespace {

constexpr int kShownLines = 8;

class Runner {
 public:
  Runner(const SweepFile& sweep, const SweepGrid& grid, const SweepProgram& program, const SweepHooks& hooks)
      : sweep_(sweep), grid_(grid), program_(program), hooks_(hooks) {}

  SweepOutcome operator()() {
    require_own_folder(sweep_, grid_.folder);
    plan_sweep(sweep_, grid_, program_);  // what cannot be run is said before anything is
    const SweepFolder folder(sweep_, grid_.folder);
    lock_ = folder.lock();
    if (grid_.trainings.empty()) evaluate_points(std::nullopt);
    for (std::size_t i = 0; i < grid_.trainings.size() && !outcome_.stopped; ++i)
      if (train(i) && !outcome_.stopped) evaluate_points(i);
    for (auto& [point, runs] : done_) outcome_.done.insert(outcome_.done.end(), runs.begin(), runs.end());
    return std::move(outcome_);
  }

 private:
  void say(const std::string& line) const {
    if (hooks_.say) hooks_.say(line);
  }
  void fail(const std::string& name, const std::string& reason, const std::filesystem::path& log) {
    outcome_.failures.push_back({name, reason, log});
    say("failed: " + name + ": " + reason);
    if (log.empty()) return;
    say("  the last of " + log.string() + ":");
    say(last_lines(log, kShownLines));
  }

  // The step's program to its end; 0: all is well.
  int start(const SweepStep& step) {
    RunLoggedOptions options;
    options.start.kept = lock_;
    options.start.own_group = true;
    options.start.end_signal = step.command.front() == program_.path ? SIGKILL : SIGTERM;  // a launcher has its own
    options.signal = hooks_.signal;
    const int code = run_logged(step.command, step.log, options);
    if (hooks_.signal && hooks_.signal() != 0) outcome_.stopped = true;
    return code;
  }

  bool train(std::size_t index) {
    const std::string name = "training " + grid_.trainings[index].name;
    try {
      const SweepStep step = plan_training(sweep_, grid_, index, program_);
      if (step.state == SweepState::kDone) return true;
      if (step.command.empty()) {
        fail(name, "no training is there: " + step.folder.string(), {});
        return false;
      }
      if (step.state == SweepState::kMissing) clear_unfinished_training(step.folder);
      say(name + (step.state == SweepState::kBegun ? ": goes on" : ""));
      const int code = start(step);
      if (plan_training(sweep_, grid_, index, program_).state == SweepState::kDone) return true;
      if (!outcome_.stopped) fail(name, "exit code " + std::to_string(code), step.log);
    } catch (const Error& error) {
      fail(name, error.what(), {});
    }
    return false;
  }

  void evaluate_points(std::optional<std::size_t> training) {
    if (!sweep_.eval.is_said()) return;
    std::vector<std::string> checkpoints;
    if (training) checkpoints = *checkpoints_of(sweep_, grid_.trainings[*training], SweepState::kDone);
    for (std::size_t i = 0; i < grid_.points.size(); ++i) {
      if (grid_.points[i].training != training) continue;
      for (const SweepRun& run : runs_of(sweep_, grid_, i, checkpoints)) {
        if (outcome_.stopped) return;
        if (evaluate(run)) done_[i].push_back(run);
      }
    }
  }
  bool evaluate(const SweepRun& run) {
    const std::string name = "evaluation " + run.name;
    try {
      const SweepStep step = plan_run(sweep_, grid_, run, program_);
      if (step.state == SweepState::kDone) return true;
      say(name + (step.state == SweepState::kBegun ? ": goes on" : ""));
      const int code = start(step);
      if (code == 0 && !outcome_.stopped) return true;
      if (!outcome_.stopped) fail(name, "exit code " + std::to_string(code), step.log);
    } catch (const Error& error) {
      fail(name, error.what(), {});
    }
    return false;
  }

  const SweepFile& sweep_;
  const SweepGrid& grid_;
  const SweepProgram& program_;
  const SweepHooks& hooks_;
  int lock_ = -1;
  std::map<std::size_t, std::vector<SweepRun>> done_;  // by point
  SweepOutcome outcome_;
};

}  // namespace

SweepOutcome run_sweep(const SweepFile& sweep, const SweepGrid& grid, const SweepProgram& program,
                       const SweepHooks& hooks) {
  return Runner(sweep, grid, program, hooks)();
}

}  // namespace c2c
