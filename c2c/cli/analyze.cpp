// `c2c analyze WHAT PATH...`: numbers and pictures from the folders of runs, from fusers, and from models that are run.
#include <algorithm>
#include <iostream>

#include "c2c/base/error.h"
#include "c2c/cli/analyze_models.h"
#include "c2c/cli/command.h"
#include "c2c/eval/analysis/gates.h"
#include "c2c/eval/analysis/run_analyses.h"
#include "c2c/text/side/text_side.h"

namespace c2c::cli {
namespace {

const std::vector<std::string> kWhats = {"venn",    "lengths",     "curve",       "distances", "gates",
                                         "weights", "consistency", "sensitivity", "embeddings"};

std::string whats() {
  std::string text = "one of ";
  for (const std::string& what : kWhats) text += (&what == &kWhats.front() ? "" : ", ") + what;
  return text;
}

// What the path is.
std::string needed_by(const std::string& what) {
  if (what == "gates") return "a fuser";
  return runs_models(what) ? path_of_model_analysis(what) : "folders of runs (an eval's output_dir)";
}

class Analyze final : public Command {
 public:
  const char* name() const override { return "analyze"; }
  const char* description() const override { return "numbers and pictures from runs of eval, and from fusers"; }
  void add_options(CLI::App& app, CommandLine& line) override {
    line.add(app, [this](const FieldVisitor& visit) { visit_fields(visit); }, "Analysis");
  }

  void run(const Globals&, const CommandLine&) override {
    if (what_.empty()) fail_usage({.where = "analyze", .found = "nothing to do", .expected = whats()});
    if (paths_.empty()) fail_usage({.where = "analyze " + what_, .found = "no path", .expected = needed_by(what_)});
    if (runs_models(what_)) {
      if (paths_.size() > 1)
        fail_usage({.where = "analyze " + what_,
                    .found = std::to_string(paths_.size()) + " paths",
                    .expected = "one: " + needed_by(what_)});
      const std::filesystem::path folder = output_.empty() ? "analysis" : output_;
      for (const auto& file : models_.write(what_, paths_[0], {choice_.task, systems_}, folder))
        std::cout << file.string() << '\n';
      return;
    }
    const Analysis analysis = analyse();
    const std::filesystem::path folder =
        !output_.empty()
            ? std::filesystem::path(output_)
            : (what_ == "gates" ? std::filesystem::path(".") : std::filesystem::path(paths_[0]) / "analysis");
    for (const auto& file : write_analysis(folder, analysis)) std::cout << file.string() << '\n';
  }

 private:
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "",
           .flags = "what",
           .help =
               "venn: who answers what; lengths: accuracy by length of replies; curve: scores of several runs; "
               "distances: an oracle's, by layer; gates: of a fuser; weights: its scalars over prompts; "
               "consistency: predictions that are the sharer's; sensitivity: what disturbing a layer's cache costs; "
               "embeddings: keys and values before and after fusing, on a plane",
           .target = &what_,
           .choices = kWhats});
    visit({.key = "",
           .flags = "path",
           .help = "folders of runs; gates: a fuser; others: a run file or configuration",
           .target = &paths_,
           .is_path = true});
    visit({.key = "",
           .flags = "--output",
           .help = "folder (default: RUN/analysis, or analysis)",
           .target = &output_,
           .is_path = true});
    visit({.key = "",
           .flags = "--system",
           .help = "venn: three (again for more); lengths: whose replies; sensitivity: who is disturbed",
           .target = &systems_});
    visit({.key = "",
           .flags = "--task",
           .help = "of the run (default: its first); weights, embeddings: whose prompts",
           .target = &choice_.task});
    visit({.key = "", .flags = "--method", .help = "answer method (default: the first)", .target = &choice_.method});
    visit({.key = "",
           .flags = "--key",
           .help = "curve: the number that runs differ in, as model.kv_cache_proportion",
           .target = &key_});
    visit({.key = "", .flags = "--least", .help = "lengths: samples of a bin", .target = &least_, .minimum = 1});
    visit({.key = "",
           .flags = "--reference-names",
           .help = "venn: regions named rosetta, slm, llm",
           .target = &reference_});
    visit({.key = "", .flags = "--subfolder", .help = "gates: inside the fuser's folder", .target = &subfolder_});
    models_.visit_fields(visit);
  }

  Analysis analyse() const {
    if (what_ == "gates") return gate_analysis(resolve_fuser_path(paths_[0], subfolder_), subfolder_);
    std::vector<AnalysedRun> runs;
    for (const std::string& path : paths_) runs.push_back(read_run(path));
    if (what_ == "curve") return curve_analysis(runs, key_, choice_);
    if (runs.size() > 1)
      fail_usage({.where = "analyze " + what_, .found = std::to_string(runs.size()) + " runs", .expected = "one"});
    if (what_ == "distances") return distance_analysis(runs[0]);
    if (what_ == "lengths")
      return length_analysis(runs[0], systems_.empty() ? first_fused(runs[0]) : systems_[0], choice_, least_);
    if (systems_.size() != 3)
      fail_usage({.where = "analyze venn",
                  .key = "--system",
                  .found = std::to_string(systems_.size()) + " systems",
                  .expected = "three: --system A --system B --system C"});
    return venn_analysis(runs[0], {systems_[0], systems_[1], systems_[2]}, choice_, reference_);
  }

  static std::string first_fused(const AnalysedRun& run) {
    for (const SystemInfo& system : run.info.systems)
      if (system.kind == "c2c" && system.control_of.empty()) return system.name;
    fail_usage({.where = run.name, .key = "--system", .found = "nothing", .expected = "a system of the run's table"});
  }

  std::string what_, output_, key_, subfolder_;
  std::vector<std::string> paths_, systems_;
  SampleChoice choice_;
  ModelAnalyses models_;
  std::int64_t least_ = 100;
  bool reference_ = false;
};

}  // namespace

std::unique_ptr<Command> make_analyze() {
  return std::make_unique<Analyze>();
}

}  // namespace c2c::cli
