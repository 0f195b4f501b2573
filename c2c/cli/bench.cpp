// `c2c bench`: how fast this machine is, how fast we are on it, and how fast others.
#include <ctime>
#include <iostream>

#include "c2c/base/error.h"
#include "c2c/cli/baseline.h"
#include "c2c/cli/command.h"
#include "c2c/cli/heldout.h"
#include "c2c/cli/report.h"
#include "c2c/cli/run_options.h"
#include "c2c/cli/steady_memory.h"
#include "c2c/cli/terminal.h"
#include "c2c/cli/version.h"
#include "c2c/eval/bench/memory_run.h"
#include "c2c/eval/bench/run_bench.h"
#include "c2c/infer/pipelines/torch_errors.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/formats/source.h"
#include "c2c/io/process/child.h"

namespace c2c::cli {
namespace {

namespace fs = std::filesystem;
using bench::BenchConfig;

constexpr const char* kRunFile = "presets/smollm2-135m+gemma3-270m.yaml";
constexpr double kMemorySeconds = 600;

std::string now() {
  const std::time_t time = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

// This program's own command line.
std::vector<std::string> own_command() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> words;
  for (std::string word; std::getline(file, word, '\0');) words.push_back(word);
  return words;
}

std::string cache_folder() {
  if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder != nullptr && *folder != '\0')
    return (fs::path(folder) / "c2c/bench").string();
  const char* home = std::getenv("HOME");
  return (fs::path(home != nullptr ? home : "/tmp") / ".cache/c2c/bench").string();
}

class Bench final : public Command {
 public:
  const char* name() const override { return "bench"; }
  const char* description() const override {
    return "speed and memory, against this machine's ceilings and against other programs";
  }
  bool has_threads() const override { return true; }
  // How threads wait is left as it is, here and in the rivals: main would change it on a busy machine, where one and
  // the same setting is good for us and bad for them.
  bool computes() const override { return false; }
  void add_options(CLI::App& app, CommandLine& line) override {
    line.add(app, fields_of(*this), "Output");
    line.add(app, fields_of(config_), "Bench");
  }
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "",
           .flags = "-c,--config",
           .help = "run file (YAML) that names the models; unset, and no --model: the demo's",
           .target = &config_file_,
           .is_path = true});
    visit({.key = "", .flags = "--json", .help = "write everything into this file; -: stdout", .target = &json_file_});
    visit(
        {.key = "",
         .flags = "--heldout",
         .help = "words and glosses whose prediction shows what a packing costs; unset: heldout.json beside the fuser",
         .target = &heldout_file_,
         .is_path = true});
    visit({.key = "",
           .flags = "-o,--output",
           .help = "what is printed",
           .target = &output_,
           .choices = {"table", "json", "none"}});
    visit({.key = "",
           .flags = "--memory-run",
           .help = "only load with these weights, read a prompt, decode, and print this process's memory (what bench "
                   "runs as a child)",
           .target = &memory_run_,
           .choices = {"f32", "bf16", "q8", "q4"}});
  }

  void run(const Globals& globals, const CommandLine& line) override {
    keep_memory_steady();
    load(line);
    config_.rivals.show_messages = globals.verbose;
    ProgressBar progress;
    with_torch_errors("bench", [&] {
      if (!memory_run_.empty()) {
        const auto row = bench::run_for_memory(config_, memory_run_, {});
        std::cout << bench::memory_to_json(row).dump() << std::endl;
        return;
      }
      bench::Report report = bench::run_bench(config_, services(progress));
      progress.finish();
      report.version = version_text();
      report.date = now();
      report.command = own_command();
      write(report);
    });
  }

 private:
  // The run file first, the flags over it.
  void load(const CommandLine& line) {
    if (config_file_.empty() && !line.was_given("--model")) config_file_ = find_shipped(kRunFile).string();
    if (!config_file_.empty()) {
      assign_file(fields_of(config_.run), config_file_);
      line.apply();
    }
    config_.finish();
    if (config_.rivals.cache.empty()) config_.rivals.cache = cache_folder();
    config_.rivals.scripts = find_shipped("benchmarks/rivals");
    check_model_files(config_.run);
  }

  bench::BenchServices services(ProgressBar& progress) const {
    bench::BenchServices services;
    services.progress = progress.function();
    services.memory = [this](const std::string& weights) {
      auto command = own_command();
      command.at(0) = "/proc/self/exe";
      command.insert(command.end(), {"--memory-run", weights});
      return bench::memory_from_json(Child(command, true).read(kMemorySeconds));
    };
    if (config_.has_stage("quality")) services.texts = read_texts();
    if (config_.has_stage("memory")) services.baseline_bytes = measure_baseline();
    return services;
  }

  // Words as the demo asks about them. None where no file was named and none is there.
  std::vector<Messages> read_texts() const {
    fs::path file = heldout_file_;
    if (file.empty() && !config_.run.sharers.empty()) file = fs::path(config_.run.sharers[0].fuser) / "heldout.json";
    if (heldout_file_.empty() && !fs::exists(file)) return {};
    std::vector<Messages> texts;
    for (const auto& [word, gloss] : read_heldout(file).pairs)
      texts.push_back({{"user", question_about(word)}, {"assistant", gloss}});
    return texts;
  }

  void write(const bench::Report& report) const {
    const std::string json = dump(bench::to_json(report), 2);
    if (output_ == "json" || json_file_ == "-")
      std::cout << json << '\n';
    else if (output_ == "table")
      std::cout << bench::to_table(report);
    if (json_file_.empty() || json_file_ == "-") return;
    write_file_atomically(json_file_, json + '\n');
  }

  BenchConfig config_;
  std::string config_file_, heldout_file_, json_file_, output_ = "table", memory_run_;
};

}  // namespace

std::unique_ptr<Command> make_bench() {
  return std::make_unique<Bench>();
}

}  // namespace c2c::cli
