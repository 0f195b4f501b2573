// `c2c inspect model|fuser|tokenizer|alignment PATH`.
#include "c2c/cli/inspect.h"

#include <cstdio>
#include <iostream>

#include "c2c/base/error.h"
#include "c2c/cli/baseline.h"
#include "c2c/cli/command.h"
#include "c2c/cli/inspect_print.h"
#include "c2c/cli/prompt_options.h"
#include "c2c/cli/report.h"
#include "c2c/cli/run_options.h"
#include "c2c/cli/terminal.h"

namespace c2c::cli {
namespace {

using Json = nlohmann::ordered_json;

class Inspect final : public Command {
 public:
  const char* name() const override { return "inspect"; }
  const char* description() const override {
    return "what is in a model, fuser or tokenizer, and who hears whom in a prompt";
  }
  void add_options(CLI::App& app, CommandLine& line) override {
    line.add(app, fields_of(*this), "Inspect");
    line.add(app, fields_of(prompt_), "Prompt");
    run_.add_options(app, line);
  }
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "",
           .flags = "what",
           .help = "what to look at",
           .target = &what_,
           .choices = {"model", "fuser", "tokenizer", "alignment"}});
    visit({.key = "",
           .flags = "path",
           .help = "model folder, GGUF or hub id; fuser folder or file; alignment: a run file",
           .target = &path_,
           .is_path = true});
    visit({.key = "", .flags = "--text", .help = "tokenizer: a text to encode", .target = &text_});
    visit({.key = "", .flags = "--subfolder", .help = "fuser: folder of the projectors", .target = &subfolder_});
    visit({.key = "", .flags = "--json", .help = "one JSON object", .target = &json_});
  }

  void run(const Globals&, const CommandLine& line) override {
    if (what_.empty() || (path_.empty() && what_ != "alignment"))
      fail_usage({.where = "inspect",
                  .found = what_.empty() ? "nothing to look at" : "no path",
                  .expected = "c2c inspect model|fuser|tokenizer|alignment PATH"});
    const Json json = look(line);
    if (json_)
      std::cout << dump(json, 1) << '\n';
    else
      print_inspection(std::cout, what_, json);
    if (json.contains("ok") && !json["ok"].get<bool>())
      fail_input({.where = path_, .found = json["not_finite"].dump() + " elements that are NaN or infinite"});
  }

 private:
  Json look(const CommandLine& line) {
    if (what_ == "model") {
      ProgressBar progress;
      Json json = inspect_model(resolve_model_path(path_, "model"), run_.load(line).dtype, progress.function());
      progress.finish();
      json["memory"]["baseline_bytes"] = measure_baseline();
      return json;
    }
    if (what_ == "tokenizer") return inspect_tokenizer(path_, text_);
    if (what_ == "alignment") return alignment(line);
    Json json = inspect_fuser(resolve_fuser_path(path_, {}), subfolder_);
    if (!prompt_.is_given()) return json;
    RunConfig config = run_.load(line);
    if (config.sharers.size() == 1) {
      config.sharers[0].fuser = path_;
      config.sharers[0].subfolder.clear();
    }
    ProgressBar progress;
    Session session(config, progress.function());
    session.prepare("c2c");
    progress.finish();
    json["fusion"] = inspect_fusion(session, prompt_.request());
    return json;
  }

  Json alignment(const CommandLine& line) {
    const RunConfig config = run_.load(line, path_);
    Request request;
    request.messages = {{"user", "What does the word \"alignment\" mean?"}};
    if (prompt_.is_given()) request = prompt_.request();
    Session session(config);
    return inspect_alignment(session, request);
  }

  PromptOptions prompt_;
  RunOptions run_;
  std::string what_, path_, text_, subfolder_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_inspect() {
  return std::make_unique<Inspect>();
}

}  // namespace c2c::cli
