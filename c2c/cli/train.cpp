// `c2c train RECIPE`: trains fusers, or one model alone, from the reference's recipes. Under torchrun: as many
// processes.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <torch/csrc/autograd/anomaly_mode.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "c2c/base/error.h"
#include "c2c/cli/command.h"
#include "c2c/cli/report.h"
#include "c2c/cli/steady_memory.h"
#include "c2c/cli/terminal.h"
#include "c2c/cli/train_report.h"
#include "c2c/tensor/dist/require_same.h"
#include "c2c/train/trainer/dry_run.h"
#include "c2c/train/trainer/trainee_parts.h"
#include "c2c/train/trainer/trainer.h"

namespace c2c::cli {
namespace {

namespace fs = std::filesystem;

std::atomic<int> g_stop{0};

// The first signal asks for a save after this update, the second ends the program at once.
void ask_to_stop(int signal) {
  if (g_stop.exchange(signal) != 0) std::_Exit(128 + signal);
}

class Train final : public Command {
 public:
  const char* name() const override { return "train"; }
  const char* description() const override { return "train fusers for a pair of models, or one model alone"; }
  void add_options(CLI::App& app, CommandLine& line) override {
    line.add(app, [this](const FieldVisitor& visit) { visit_fields(visit); }, "Training");
  }

  void run(const Globals&, const CommandLine& line) override {
    if (recipe_file_.empty())
      fail_usage({.where = "train", .found = "no recipe", .expected = "c2c train RECIPE.json (or .yaml)"});
    keep_memory_steady();
    if (!output_.empty()) overrides_.push_back("output.output_dir=" + nlohmann::ordered_json(output_).dump());
    const TrainRecipe recipe = load_recipe(recipe_file_, overrides_);
    prepare_torch(recipe);
    const auto group = make_process_group(recipe_device(recipe));
    require_same(*group, "the recipe", recipe.text);
    const bool evaluating = line.was_given("--eval-only");
    const bool resuming = !resume_.empty();
    const RunFolder folder{recipe.output.dir};
    if (!evaluating && !dry_run_ && !resuming) folder.require_unused();
    group->barrier();  // nobody writes before everybody has looked
    ProgressBar progress;
    const ProgressFn show = group->is_root() ? progress.function() : ProgressFn{};
    at::globalContext().setDeterministicAlgorithms(recipe.training.deterministic, /*warn_only=*/false);
    Trainee trainee(recipe, group->device(), show);
    if (group->is_root() && !dry_run_) say_parameters(trainee);
    const TrainData data(recipe, trainee, *group, show);
    progress.finish();
    if (group->is_root() && !dry_run_) say_samples(data);
    if (dry_run_) {
      if (group->is_root()) print_dry_run(estimate(recipe, trainee, data, group->world_size()), data, json_);
      return;
    }
    const fs::path resume_from = resuming ? folder.resume_from(resume_) : fs::path();
    TrainReport report(recipe, group->is_root() && !evaluating, progress);
    TrainHooks hooks = report.hooks();
    hooks.stop = [] { return g_stop.load() != 0; };
    if (group->is_root()) hooks.progress = show;
    Trainer trainer(recipe, trainee, data, *group, hooks);
    if (evaluating) return evaluate_only(trainer, trainee, *group, progress);
    std::signal(SIGINT, ask_to_stop);
    std::signal(SIGTERM, ask_to_stop);
    const TrainResult result = trainer.run(resume_from);
    progress.finish();
    if (group->is_root()) report.finish(result, json_);
  }

 private:
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "", .flags = "recipe", .help = "recipe (JSON or YAML)", .target = &recipe_file_, .is_path = true});
    visit({.key = "",
           .flags = "--set",
           .help = "override a key: training.learning_rate=1e-3 (again for more)",
           .target = &overrides_});
    visit({.key = "",
           .flags = "--output,--output_dir",
           .help = "the run's folder, instead of output.output_dir",
           .target = &output_,
           .is_path = true});
    visit({.key = "",
           .flags = "--resume-from-checkpoint",
           .help = "latest, or a checkpoint's folder",
           .target = &resume_,
           .implied = "latest"});
    visit({.key = "",
           .flags = "--eval-only",
           .help = "evaluate a checkpoint (or fresh projectors) on the held-out set and stop",
           .target = &eval_only_,
           .implied = "-"});
    visit({.key = "", .flags = "--dry-run", .help = "say what the run costs and stop", .target = &dry_run_});
    visit({.key = "", .flags = "--json", .help = "the result as one JSON object on stdout", .target = &json_});
  }

  static void prepare_torch(const TrainRecipe& recipe) {
    at::manual_seed(static_cast<std::uint64_t>(recipe.training.seed));
    at::globalContext().setDeterministicCuDNN(true);
    at::globalContext().setBenchmarkCuDNN(false);
    if (recipe.training.detect_anomaly) torch::autograd::AnomalyMode::set_enabled(true);
  }

  static void say_parameters(const Trainee& trainee) {
    const double all = static_cast<double>(trainee.total_parameters());
    const double trained = static_cast<double>(trainee.trainable_parameters());
    std::fprintf(stderr, "parameters: %.1f M, of which trained: %.3f M (%.4f %%)\n", all / 1e6, trained / 1e6,
                 100 * trained / all);
  }

  static void say_samples(const TrainData& data) {
    std::fprintf(stderr, "data: %s; %ld trained on, %ld held out\n", describe(data.counts()).c_str(),
                 static_cast<long>(data.size()), static_cast<long>(data.held_out().size));
  }

  void evaluate_only(Trainer& trainer, Trainee& trainee, const ProcessGroup& group, ProgressBar& progress) {
    if (eval_only_ != "-") trainee.load(eval_only_);
    const HeldOutTable table = trainer.table();
    progress.finish();
    if (table.empty())
      fail_usage(
          {.where = "--eval-only", .found = "nothing held out", .expected = "data.train_ratio below 1, or data.eval"});
    if (group.is_root()) print_table(table, json_);
  }

  std::string recipe_file_, output_, resume_, eval_only_;
  std::vector<std::string> overrides_;
  bool dry_run_ = false, json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_train() {
  return std::make_unique<Train>();
}

}  // namespace c2c::cli
