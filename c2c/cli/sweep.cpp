// `c2c sweep FILE`: trainings and evaluations over a grid of their keys, each a program of its own; one table.
#include <atomic>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "c2c/base/error.h"
#include "c2c/cli/command.h"
#include "c2c/cli/report.h"
#include "c2c/eval/sweeps/run_sweep.h"
#include "c2c/eval/sweeps/sweep_folder.h"
#include "c2c/eval/sweeps/sweep_table.h"
#include "c2c/io/config/print.h"
#include "c2c/train/trainer/recipe.h"

namespace c2c::cli {
namespace {

std::atomic<int> g_stop{0};

// The first signal is passed on, so that a training saves; the second ends this program, and the kernel what it runs.
void ask_to_stop(int signal) {
  if (g_stop.exchange(signal) != 0) std::_Exit(128 + signal);
}

class Sweep final : public Command {
 public:
  const char* name() const override { return "sweep"; }
  const char* description() const override { return "train and evaluate over a grid of keys: one table"; }
  bool computes() const override { return false; }
  void add_options(CLI::App& app, CommandLine& line) override {
    line.add(app, [this](const FieldVisitor& visit) { visit_fields(visit); }, "Sweep");
  }

  void run(const Globals& globals, const CommandLine&) override {
    if (config_help_) return print_keys();
    if (file_.empty())
      fail_usage({.where = "sweep",
                  .found = "no file",
                  .expected = "c2c sweep FILE.yaml",
                  .hint = "--config-help names its keys; recipes/sweeps has examples"});
    SweepFile sweep = load_sweep(file_);
    if (!output_.empty()) sweep.output_dir = output_;
    const SweepGrid grid = expand(sweep);
    const SweepProgram program = this_program(globals);
    if (dry_run_) return print_plan(sweep, grid, program);
    std::signal(SIGINT, ask_to_stop);
    std::signal(SIGTERM, ask_to_stop);
    const SweepHooks hooks{.say = [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); },
                           .signal = [] { return g_stop.load(); }};
    const SweepOutcome outcome = run_sweep(sweep, grid, program, hooks);
    print_table(sweep, grid, outcome);
    fail_where_incomplete(sweep, outcome);
  }

 private:
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "", .flags = "sweep", .help = "YAML or JSON (docs/sweeps.md)", .target = &file_, .is_path = true});
    visit({.key = "",
           .flags = "--output,--output_dir",
           .help = "the sweep's folder, instead of output_dir",
           .target = &output_,
           .is_path = true});
    visit({.key = "",
           .flags = "--dry-run",
           .help = "say what is there, what would be run and how, and stop",
           .target = &dry_run_});
    visit({.key = "", .flags = "--json", .help = "the table (or the plan) as JSON on stdout", .target = &json_});
    visit({.key = "", .flags = "--config-help", .help = "every key of sweep files, and stop", .target = &config_help_});
  }

  static void print_keys() {
    SweepFile defaults;
    SweepAxis axis;
    std::cout << "keys of a sweep (YAML or JSON):\n"
              << fields_help(fields_of(defaults)) << "keys of an axis, grid.NAME:\n"
              << fields_help(fields_of(axis));
  }

  static SweepProgram this_program(const Globals& globals) {
    SweepProgram program;
    program.path = std::filesystem::read_symlink("/proc/self/exe").string();
    if (globals.threads > 0) program.flags = {"--threads", std::to_string(globals.threads)};
    program.recipe_text = [](const std::filesystem::path& recipe, const std::vector<std::string>& overrides) {
      return load_recipe(recipe, overrides).text;
    };
    return program;
  }

  void print_plan(const SweepFile& sweep, const SweepGrid& grid, const SweepProgram& program) const {
    require_own_folder(sweep, grid.folder);
    const SweepPlan plan = plan_sweep(sweep, grid, program);
    std::cout << (json_ ? dump(to_json(grid, plan), 2) + "\n" : plan_text(sweep, grid, plan));
  }

  void print_table(const SweepFile& sweep, const SweepGrid& grid, const SweepOutcome& outcome) const {
    const SweepTable table = read_sweep_table(sweep, grid, outcome.done);
    if (table.rows.empty()) return;
    const auto files = write_sweep_table(grid.folder, table);
    if (json_) {
      std::cout << dump(to_json(table), 2) << '\n';
      return;
    }
    std::cout << sweep_text(table) << '\n';
    for (const auto& file : files) std::cout << file.string() << '\n';
  }

  void fail_where_incomplete(const SweepFile& sweep, const SweepOutcome& outcome) const {
    std::string names;
    for (const SweepFailure& failure : outcome.failures)
      names += (names.empty() ? "" : ", ") + failure.name + " (" + failure.reason + ")";
    const char* hint = "the same command goes on with what is missing";
    if (!names.empty()) fail_input({.where = sweep.name, .found = "what failed: " + names, .hint = hint});
    if (outcome.stopped) fail_input({.where = sweep.name, .found = "stopped by a signal", .hint = hint});
  }

  std::string file_, output_;
  bool dry_run_ = false, json_ = false, config_help_ = false;
};

}  // namespace

std::unique_ptr<Command> make_sweep() {
  return std::make_unique<Sweep>();
}

}  // namespace c2c::cli
