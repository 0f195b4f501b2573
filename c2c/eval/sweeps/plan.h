// What a sweep has to do and what is there already: the folders as they are, and the very commands.
#pragma once
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "c2c/eval/sweeps/points.h"

namespace c2c {

// How trainings and evaluations are started.
struct SweepProgram {
  std::string path;                // of c2c
  std::vector<std::string> flags;  // that every command gets, such as --threads
  // The text of a recipe with these overrides, as a training keeps it (config.json). Throws for keys that do not exist.
  std::function<std::string(const std::filesystem::path& recipe, const std::vector<std::string>& overrides)>
      recipe_text;
};

// kBegun: it goes on where it was.
enum class SweepState { kMissing, kBegun, kDone };
const char* state_name(SweepState state);  // "to do", "begun", "done"

struct SweepStep {
  SweepState state = SweepState::kMissing;
  std::vector<std::string> command;  // empty: nothing can be done (a given training)
  std::filesystem::path folder, log;
};

struct PlannedRun {
  SweepRun run;
  SweepStep step;
};

// The steps as the folders are now. Throws kUsage for keys of recipe or evaluation that do not exist, and for a
// training there of another recipe.
SweepStep plan_training(const SweepFile& sweep, const SweepGrid& grid, std::size_t training,
                        const SweepProgram& program);
SweepStep plan_run(const SweepFile& sweep, const SweepGrid& grid, const SweepRun& run, const SweepProgram& program);

// Checkpoints that a point is evaluated at. None: they are only known once the training is done.
std::optional<std::vector<std::string>> checkpoints_of(const SweepFile& sweep, const SweepTraining& training,
                                                       SweepState state);

struct SweepPlan {
  std::vector<SweepStep> trainings;  // as grid.trainings
  std::vector<PlannedRun> runs;      // where checkpoints are not known yet: one, checkpoint-N
};
SweepPlan plan_sweep(const SweepFile& sweep, const SweepGrid& grid, const SweepProgram& program);
// For people: every training and evaluation, its state, its command.
std::string plan_text(const SweepFile& sweep, const SweepGrid& grid, const SweepPlan& plan);
nlohmann::ordered_json to_json(const SweepGrid& grid, const SweepPlan& plan);

}  // namespace c2c
