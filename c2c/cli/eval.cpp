// `c2c eval CONFIG`: systems side by side on benchmarks, from the reference's evaluation files. Under torchrun: as many
// processes as it starts. `c2c eval report RUN...`: one page about runs that are there.
#include <ATen/Parallel.h>

#include <filesystem>
#include <iostream>
#include <thread>

#include "c2c/base/error.h"
#include "c2c/cli/command.h"
#include "c2c/cli/eval_files.h"
#include "c2c/cli/report.h"
#include "c2c/cli/terminal.h"
#include "c2c/cli/version.h"
#include "c2c/eval/judge/judge_run.h"
#include "c2c/eval/results/result_store.h"
#include "c2c/eval/runs/run_eval.h"
#include "c2c/eval/tasks/benchmark.h"
#include "c2c/eval/tasks/prompts.h"
#include "c2c/io/config/print.h"

namespace c2c::cli {
namespace {

namespace fs = std::filesystem;

class Eval final : public Command {
 public:
  const char* name() const override { return "eval"; }
  const char* description() const override {
    return "systems side by side on benchmarks; eval report RUN...: one page";
  }
  void add_options(CLI::App& app, CommandLine& line) override {
    line.add(app, [this](const FieldVisitor& visit) { visit_fields(visit); }, "Evaluation");
  }

  void run(const Globals&, const CommandLine& line) override {
    if (list_) return print_list();
    if (config_help_) return print_keys();
    if (words_.empty())
      fail_usage({.where = "eval",
                  .found = "no configuration",
                  .expected = "c2c eval CONFIG.yaml",
                  .hint = "c2c eval --list names the benchmarks, --config-help the keys"});
    if (words_.front() == "report") return report();
    if (words_.size() > 1) fail_usage({.where = "eval", .found = words_[1], .expected = "one configuration"});
    evaluate(line);
  }

 private:
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "",
           .flags = "config",
           .help = "YAML or JSON; or: report, and folders of runs",
           .target = &words_,
           .is_path = true});
    visit({.key = "",
           .flags = "--set",
           .help = "override a key: eval.limit=20, systems.0.name=x (again for more)",
           .target = &overrides_});
    visit({.key = "",
           .flags = "--output,--output_dir",
           .help = "the run's folder, instead of output.output_dir; report: the page (default RUN/report.html)",
           .target = &output_,
           .is_path = true});
    visit({.key = "", .flags = "--limit", .help = "samples of each subject, instead of eval.limit", .target = &limit_});
    visit({.key = "",
           .flags = "--no-control",
           .help = "no control beside C2C (no gain is claimed then)",
           .target = &no_control_});
    visit({.key = "",
           .flags = "--retry-errors",
           .help = "try samples again that could not be evaluated",
           .target = &retry_});
    visit({.key = "", .flags = "--title", .help = "report: its title", .target = &title_});
    visit({.key = "",
           .flags = "--json",
           .help = "the summary as JSON on stdout, instead of the table",
           .target = &json_});
    visit({.key = "", .flags = "--list", .help = "benchmarks, prompts, and stop", .target = &list_});
    visit({.key = "",
           .flags = "--config-help",
           .help = "every key of configurations, and stop",
           .target = &config_help_});
  }

  static void print_list() {
    std::size_t widest = 0;
    for (const Benchmark& one : benchmarks()) widest = std::max(widest, one.name.size());
    for (const Benchmark& one : benchmarks())
      std::cout << one.name << std::string(widest + 2 - one.name.size(), ' ') << one.summary << '\n';
    std::cout << "\nprompts:";
    for (const std::string& name : prompt_set_names()) std::cout << ' ' << name;
    std::cout << '\n';
  }
  static void print_keys() {
    EvalConfig defaults;
    std::cout << "keys of an evaluation (YAML or JSON); systems and tasks are lists of what model and eval say:\n"
              << fields_help(fields_of(defaults));
  }

  EvalConfig load() const {
    std::vector<std::string> overrides = overrides_;
    if (!output_.empty()) overrides.push_back("output.output_dir=" + nlohmann::ordered_json(output_).dump());
    EvalConfig config = load_eval_config(words_.front(), overrides);
    if (limit_)
      for (EvalTask& task : config.tasks) task.limit = {.first = limit_}, task.limit_texts = {std::to_string(*limit_)};
    return config;
  }

  void evaluate(const CommandLine&) const {
    const EvalConfig config = load();
    const auto group = make_process_group(at::Device(at::kCPU));
    ProgressBar progress;
    EvalRunOptions options;
    options.add_controls = !no_control_;
    options.retry_errors = retry_;
    options.command = "c2c eval " + words_.front();
    options.versions = {{"c2c", version_text()}, {"libtorch", libtorch_version()}, {"threads", at::get_num_threads()}};
    if (group->is_root()) {
      options.loading = progress.function();
      options.progress = [&](const EvalProgress& now) {
        progress.update(now.system + ", " + now.task, static_cast<double>(now.done), static_cast<double>(now.total),
                        progress_detail(now));
      };
    }
    EvalOutcome outcome = run_eval(config, *group, options);
    progress.finish();
    if (!group->is_root()) return;
    const std::exception_ptr no_judge = judge(config, outcome);
    write(config, outcome);
    if (no_judge != nullptr) std::rethrow_exception(no_judge);
  }

  // What the judge could not do is said after the run's own results are written.
  std::exception_ptr judge(const EvalConfig& config, EvalOutcome& outcome) const {
    if (!config.judge.is_said()) return nullptr;
    ProgressBar progress;
    JudgeOptions options;
    options.retry_errors = retry_;
    options.progress = [&](const JudgeProgress& now) {
      progress.update("judge", static_cast<double>(now.done), static_cast<double>(now.total), judge_detail(now));
    };
    std::exception_ptr failure;
    try {
      judge_run(config.output_dir, config.judge, options, outcome.info);
    } catch (const Error&) {
      failure = std::current_exception();
    }
    progress.finish();
    outcome.results = ResultStore::read(config.output_dir);
    return failure;
  }

  void write(const EvalConfig& config, const EvalOutcome& outcome) const {
    const Summary summary = write_eval_files(config.output_dir, outcome.info, outcome.results);
    if (json_)
      std::cout << dump(to_json(summary), 2) << '\n';
    else
      std::cout << summary_table(summary) << "\nreport: " << (fs::path(config.output_dir) / "report.html").string()
                << '\n';
  }

  void report() const {
    if (words_.size() < 2)
      fail_usage({.where = "eval report", .found = "no run", .expected = "c2c eval report RUN... (folders)"});
    std::vector<ReportRun> runs;
    for (std::size_t i = 1; i < words_.size(); ++i)
      runs.push_back({read_run_info(words_[i]), ResultStore::read(words_[i])});
    const fs::path page = output_.empty() ? fs::path(words_[1]) / "report.html" : fs::path(output_);
    write_report(page, runs, title_);
    std::cout << page.string() << '\n';
  }

  std::vector<std::string> words_, overrides_;
  std::string output_, title_;
  std::optional<std::int64_t> limit_;
  bool no_control_ = false, retry_ = false, json_ = false, list_ = false, config_help_ = false;
};

}  // namespace

std::unique_ptr<Command> make_eval() {
  return std::make_unique<Eval>();
}

}  // namespace c2c::cli
