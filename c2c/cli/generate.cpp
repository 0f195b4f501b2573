// `c2c generate`: one prompt, one answer.
#include <ATen/Parallel.h>

#include <iostream>

#include "c2c/cli/baseline.h"
#include "c2c/cli/command.h"
#include "c2c/cli/prompt_options.h"
#include "c2c/cli/report.h"
#include "c2c/cli/run_options.h"
#include "c2c/cli/terminal.h"
#include "c2c/cli/version.h"
#include "c2c/io/config/print.h"

namespace c2c::cli {
namespace {

using Json = nlohmann::ordered_json;

class Generate final : public Command {
 public:
  const char* name() const override { return "generate"; }
  const char* description() const override { return "one prompt, one answer"; }
  void add_options(CLI::App& app, CommandLine& line) override {
    line.add(app, fields_of(prompt_), "Prompt");
    run_.add_options(app, line);
    line.add(app, fields_of(*this), "Output");
  }
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "",
           .flags = "--json",
           .help = "one JSON object with text, tokens, timings and what was run",
           .target = &json_});
    visit({.key = "",
           .flags = "--print-config",
           .help = "print the run file that these flags amount to, and stop",
           .target = &print_config_});
    visit({.key = "",
           .flags = "--config-help",
           .help = "print every key of run files, and stop",
           .target = &config_help_});
  }
  void run(const Globals& globals, const CommandLine& line) override {
    if (config_help_) {
      RunConfig defaults;
      std::cout << "keys of a run file (YAML; a model may also be given as a plain text):\n"
                << fields_help(fields_of(defaults));
      return;
    }
    RunConfig config = run_.load(line);
    if (print_config_) {
      std::cout << fields_to_yaml(fields_of(config));
      return;
    }
    const Request request = prompt_.request();
    ProgressBar progress;
    Session session(config, progress.function());
    session.prepare();
    progress.finish();
    const Answer answer = session.run(request, printer(globals.verbose, progress, config));
    progress.finish();
    if (json_)
      std::cout << dump(to_json(session, config, answer)) << '\n';
    else
      std::cout << (answer.text.ends_with('\n') ? "" : "\n") << std::flush;
    if (!globals.verbose) return;
    log_info(timing_line(answer));
    log_info(memory_lines(session.memory(), measure_baseline()));
  }

 private:
  // Text as it comes; where none is shown, a bar.
  OnText printer(bool verbose, ProgressBar& progress, const RunConfig& config) const {
    return [json = json_, verbose, &progress, limit = config.max_new_tokens, context_limit = config.t2t.context_tokens,
            pieces = 0.0](TextKind kind, std::string_view piece) mutable {
      const bool is_answer = kind == TextKind::kAnswer;
      if (is_answer && !json) {
        progress.finish();
        std::cout << piece << std::flush;
      } else if (!is_answer && verbose) {
        std::cerr << piece << std::flush;
      } else {
        const double total = static_cast<double>(is_answer ? limit : context_limit);
        progress.update(is_answer ? "writing the answer" : "the sharer writes", ++pieces, total);
      }
      return true;
    };
  }
  Json to_json(const Session& session, RunConfig& config, const Answer& answer) const {
    Json json = answer_to_json(answer);
    json["provenance"] = session.provenance();
    json["provenance"]["version"] = version_text();
    json["provenance"]["threads"] = at::get_num_threads();
    if (!run_.run_file().empty()) json["provenance"]["run_file"] = run_.run_file().string();
    json["provenance"]["sampling"] = fields_to_json(fields_of(config.sampling));
    json["memory"] = memory_json(session.memory());
    return json;
  }

  PromptOptions prompt_;
  RunOptions run_;
  bool json_ = false, print_config_ = false, config_help_ = false;
};

}  // namespace

std::unique_ptr<Command> make_generate() {
  return std::make_unique<Generate>();
}

}  // namespace c2c::cli
