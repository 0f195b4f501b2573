#include "c2c/eval/sweeps/plan.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/eval/results/result_store.h"
#include "c2c/eval/results/run_info.h"
#include "c2c/eval/sweeps/scalar.h"
#include "c2c/eval/tasks/eval_config.h"
#include "c2c/io/formats/sha256.h"
#include "c2c/io/formats/source.h"
#include "c2c/io/process/start.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kUnknown = "checkpoint-N";

std::vector<std::string> texts_of(const SweepSettings& settings) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : settings) texts.push_back(setting_text(key, value));
  return texts;
}

// LAUNCHER c2c VERB FILE FLAGS --set A=B ... --output FOLDER
std::vector<std::string> command_for(const SweepProgram& program, const std::vector<std::string>& launcher,
                                     const std::vector<std::string>& verb, const SweepSettings& settings,
                                     const fs::path& folder) {
  std::vector<std::string> command = launcher;
  command.push_back(program.path);
  command.insert(command.end(), verb.begin(), verb.end());
  command.insert(command.end(), program.flags.begin(), program.flags.end());
  for (const std::string& text : texts_of(settings)) command.insert(command.end(), {"--set", text});
  command.insert(command.end(), {"--output", folder.string()});
  return command;
}

// What --output adds behind the other overrides.
std::vector<std::string> with_output(std::vector<std::string> texts, const fs::path& folder) {
  texts.push_back("output.output_dir=" + Json(folder.string()).dump());
  return texts;
}

std::vector<std::string> checkpoints_there(const fs::path& folder, bool marked) {
  std::vector<std::string> names, last;
  if (!fs::is_directory(folder)) return names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!is_checkpoint_name(name) || !entry.is_directory() || (marked && !fs::exists(entry.path() / "DONE"))) continue;
    (name == "best" || name == "final" ? last : names).push_back(name);
  }
  const auto step = [](const std::string& name) { return std::stoull(name.substr(name.find('-') + 1)); };
  std::sort(names.begin(), names.end(), [&](const auto& a, const auto& b) { return step(a) < step(b); });
  std::sort(last.begin(), last.end());
  names.insert(names.end(), last.begin(), last.end());
  return names;
}

void require_same_recipe(const fs::path& folder, const std::string& text) {
  const fs::path kept = folder / "config.json";
  if (!fs::exists(kept) || read_text_file(kept) == text) return;
  fail_usage({.where = folder.string(),
              .key = "config.json",
              .found = "a training of another recipe",
              .expected = "the one that the sweep describes",
              .hint = "undo the change to recipe or sweep, name another output_dir, or move the folder away"});
}

// A finished run of this very configuration, with the run file as it is now?
bool is_evaluated(const fs::path& folder, const EvalConfig& config) {
  if (!fs::exists(folder / "run.json") || !fs::exists(folder / "report.html")) return false;
  try {
    const RunInfo info = read_run_info(folder);
    if (info.finished.empty() || info.config_text != config.text) return false;
    const nlohmann::json key = ResultStore::read_fingerprint(folder);
    for (const EvalSystem& system : config.systems)
      if (!system.run_file.empty() &&
          key.at("systems").at(system.name).at("run_file_sha256") != sha256_of_file(system.run_file))
        return false;
    return true;
  } catch (const std::exception&) {
    return false;  // `c2c eval` says what is wrong there
  }
}

std::string list_text(const fs::path& folder, const SweepStep& step, const std::string& name) {
  std::string state = state_name(step.state);
  state.resize(7, ' ');
  std::string text = "  " + state + name + "  (" + fs::relative(step.folder, folder).string() + ")\n";
  if (step.state != SweepState::kDone)
    text += step.command.empty() ? "           nothing is there\n" : "           $ " + shell_text(step.command) + "\n";
  return text;
}

}  // namespace

const char* state_name(SweepState state) {
  return state == SweepState::kDone ? "done" : state == SweepState::kBegun ? "begun" : "to do";
}

SweepStep plan_training(const SweepFile& sweep, const SweepGrid& grid, std::size_t index, const SweepProgram& program) {
  const SweepTraining& training = grid.trainings[index];
  SweepStep step{.state = SweepState::kMissing, .command = {}, .folder = training.folder, .log = {}};
  const std::vector<std::string> there = checkpoints_there(training.folder, !training.is_given);
  if (training.is_given) {
    step.state = there.empty() ? SweepState::kMissing : SweepState::kDone;
    return step;
  }
  step.log = training.folder.parent_path() / "train.log";
  const std::string text =
      program.recipe_text(sweep.train.recipe, with_output(texts_of(training.set), training.folder));
  require_same_recipe(training.folder, text);
  if (std::count(there.begin(), there.end(), "final") > 0)
    step.state = SweepState::kDone;
  else if (!there.empty() && there.front() != "best")
    step.state = SweepState::kBegun;
  step.command = command_for(program, sweep.launcher, {"train", sweep.train.recipe}, training.set, training.folder);
  if (step.state == SweepState::kBegun) step.command.insert(step.command.end(), {"--resume-from-checkpoint", "latest"});
  return step;
}

SweepStep plan_run(const SweepFile& sweep, const SweepGrid& grid, const SweepRun& run, const SweepProgram& program) {
  const SweepSettings settings = eval_settings(sweep, grid, run);
  const fs::path point = grid.folder / "points" / run.name;
  SweepStep step{.state = SweepState::kMissing, .command = {}, .folder = point / "eval", .log = point / "eval.log"};
  const EvalConfig config = load_eval_config(sweep.eval.config, with_output(texts_of(settings), step.folder));
  if (is_evaluated(step.folder, config))
    step.state = SweepState::kDone;
  else if (fs::exists(step.folder / "run_key.json"))
    step.state = SweepState::kBegun;
  step.command = command_for(program, sweep.eval_launcher, {"eval", sweep.eval.config}, settings, step.folder);
  return step;
}

std::optional<std::vector<std::string>> checkpoints_of(const SweepFile& sweep, const SweepTraining& training,
                                                       SweepState state) {
  const bool is_axis = !sweep.axes.empty() && sweep.axes.back().is_checkpoints;
  if (!is_axis) return std::vector<std::string>{"final"};
  if (!sweep.axes.back().chosen.empty()) return sweep.axes.back().chosen;
  if (state != SweepState::kDone) return std::nullopt;
  return checkpoints_there(training.folder, !training.is_given);
}

SweepPlan plan_sweep(const SweepFile& sweep, const SweepGrid& grid, const SweepProgram& program) {
  SweepPlan plan;
  for (std::size_t i = 0; i < grid.trainings.size(); ++i)
    plan.trainings.push_back(plan_training(sweep, grid, i, program));
  if (!sweep.eval.is_said()) return plan;
  for (std::size_t i = 0; i < grid.points.size(); ++i) {
    std::optional<std::vector<std::string>> checkpoints;
    if (const auto training = grid.points[i].training)
      checkpoints = checkpoints_of(sweep, grid.trainings[*training], plan.trainings[*training].state);
    for (SweepRun& run : runs_of(sweep, grid, i, checkpoints.value_or(std::vector<std::string>{kUnknown})))
      plan.runs.push_back({run, plan_run(sweep, grid, run, program)});
  }
  return plan;
}

std::string plan_text(const SweepFile& sweep, const SweepGrid& grid, const SweepPlan& plan) {
  std::string text = sweep.name + ": " + std::to_string(grid.points.size()) + " points, " +
                     std::to_string(grid.trainings.size()) + " trainings, in " + grid.folder.string() + "\n";
  if (!grid.trainings.empty()) text += "trainings\n";
  for (std::size_t i = 0; i < grid.trainings.size(); ++i)
    text += list_text(grid.folder, plan.trainings[i], grid.trainings[i].name);
  if (!plan.runs.empty()) text += "evaluations\n";
  bool any_unknown = false;
  for (const PlannedRun& one : plan.runs) {
    text += list_text(grid.folder, one.step, one.run.name);
    any_unknown = any_unknown || one.run.checkpoint == kUnknown;
  }
  if (any_unknown) text += "checkpoint-N: every checkpoint of the training, once there are any\n";
  return text;
}

Json to_json(const SweepGrid& grid, const SweepPlan& plan) {
  const auto step_json = [](const std::string& name, const SweepStep& step) {
    return Json{
        {"name", name}, {"state", state_name(step.state)}, {"folder", step.folder.string()}, {"command", step.command}};
  };
  Json json = {{"folder", grid.folder.string()}, {"trainings", Json::array()}, {"evaluations", Json::array()}};
  for (std::size_t i = 0; i < grid.trainings.size(); ++i)
    json["trainings"].push_back(step_json(grid.trainings[i].name, plan.trainings[i]));
  for (const PlannedRun& one : plan.runs) json["evaluations"].push_back(step_json(one.run.name, one.step));
  return json;
}

}  // namespace c2c
