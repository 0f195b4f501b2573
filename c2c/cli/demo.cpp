// `c2c demo`: the real pair side by side on questions it was not trained on.
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>

#include "c2c/base/error.h"
#include "c2c/cli/command.h"
#include "c2c/cli/heldout.h"
#include "c2c/cli/report.h"
#include "c2c/cli/run_options.h"
#include "c2c/cli/terminal.h"
#include "c2c/infer/pipelines/session.h"

namespace c2c::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kRunFile = "presets/smollm2-135m+gemma3-270m.yaml";

struct Question {
  std::string text, gloss;  // gloss: empty for a question of the user's
  std::string control_text;
};

const std::vector<std::pair<std::string, std::string>> kColumns = {{"receiver", "receiver alone"},
                                                                   {"t2t", "text-to-text"},
                                                                   {"c2c", "C2C"},
                                                                   {"control", "C2C, another question's cache"}};

class Demo final : public Command {
 public:
  const char* name() const override { return "demo"; }
  const char* description() const override {
    return "two small models side by side: alone, text-to-text, C2C, and its control";
  }
  void add_options(CLI::App& app, CommandLine& line) override {
    line.add(app, fields_of(*this), "Demo");
    run_.add_options(app, line);
  }
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "",
           .flags = "-q,--questions",
           .help = "how many held-out words to ask about",
           .target = &count_,
           .minimum = 1,
           .maximum = 1000});
    visit({.key = "", .flags = "-p,--prompt", .help = "ask this instead (repeatable)", .target = &prompts_});
    visit({.key = "",
           .flags = "--heldout",
           .help = "words and glosses; default: heldout.json beside the fuser",
           .target = &heldout_file_,
           .is_path = true});
    visit({.key = "", .flags = "--json", .help = "one JSON object", .target = &json_});
  }

  void run(const Globals&, const CommandLine& line) override {
    fs::path fallback = find_shipped(kRunFile);
    RunConfig config = run_.load(line, fallback);
    check_files(config);
    ProgressBar progress;
    Session session(config, progress.function());
    for (const auto& column : kColumns) session.prepare(column.first);
    progress.finish();
    const HeldOut heldout = read_heldout(heldout_path(config));
    const auto questions = choose(session, heldout);
    if (!json_) print_head(session);
    Json results = Json::array();
    for (const Question& question : questions) {
      if (json_) progress.update("asking", static_cast<double>(results.size()), static_cast<double>(questions.size()));
      results.push_back(ask(session, question));
    }
    progress.finish();
    if (json_) {
      Json json;
      json["questions"] = results;
      if (heldout.loss)
        json["held_out"] = {
            {"receiver", heldout.loss->receiver}, {"fused", heldout.loss->fused}, {"shuffled", heldout.loss->shuffled}};
      json["provenance"] = session.provenance();
      json["memory"] = memory_json(session.memory());
      std::cout << dump(json) << '\n';
      return;
    }
    print_summary();
    if (heldout.loss) std::cout << '\n' << describe(*heldout.loss) << '\n';
  }

 private:
  static void check_files(const RunConfig& config) {
    if (config.receiver.model.empty())
      fail_usage({.where = "demo",
                  .found = "no run file and no models",
                  .expected = kRunFile,
                  .hint = "start it in the source tree (./run demo), or name a run file with --config"});
    check_model_files(config);
  }

  fs::path heldout_path(const RunConfig& config) const {
    if (!heldout_file_.empty()) return heldout_file_;
    if (config.sharers.empty()) fail_usage({.where = "sharers", .found = "none", .expected = "one"});
    return fs::path(config.sharers[0].fuser) / "heldout.json";
  }

  // Held-out words in file order; the control of each is the next word whose prompt has as many tokens, so that every
  // receiver token reads the column it read before, of another question.
  std::vector<Question> choose(Session& session, const HeldOut& heldout) const {
    const Tokenizer& tokenizer = *session.sharer(0).text.tokenizer;
    const Tokenizer& receiver = *session.receiver().text.tokenizer;
    const auto length = [&](const std::string& text) {
      return std::pair(tokenizer.encode_ids(text, false).size(), receiver.encode_ids(text, false).size());
    };
    std::vector<Question> questions;
    for (const std::string& prompt : prompts_) questions.push_back({prompt, "", ""});
    if (prompts_.empty())
      for (std::size_t i = 0; i < heldout.pairs.size() && questions.size() < static_cast<std::size_t>(count_); ++i)
        questions.push_back({question_about(heldout.pairs[i].first), heldout.pairs[i].second, ""});
    for (Question& question : questions) {
      for (const auto& [word, gloss] : heldout.pairs) {
        const std::string candidate = question_about(word);
        if (candidate == question.text || gloss == question.gloss) continue;
        if (question.control_text.empty()) question.control_text = candidate;
        if (length(candidate) != length(question.text)) continue;
        question.control_text = candidate;
        break;
      }
    }
    return questions;
  }

  Json ask(Session& session, const Question& question) {
    Json json = {{"question", question.text}, {"gloss", question.gloss}, {"control", question.control_text}};
    if (!json_) {
      std::cout << '\n' << bold(question.text) << '\n';
      if (!question.gloss.empty()) std::cout << "  WordNet: " << question.gloss << '\n';
    }
    for (const auto& [mode, title] : kColumns) {
      if (!json_) std::cout << '\n' << "  " << bold(title) << '\n' << "    " << std::flush;
      Request request;
      request.messages = {{"user", question.text}};
      request.mode = mode;
      if (mode == "control") request.control = {{"user", question.control_text}};
      const Answer answer = session.run(request, printer());
      json[mode] = answer_to_json(answer);
      Totals& totals = totals_[mode];
      totals.first_token += answer.timings.first_token;
      totals.speed += answer.timings.tokens_per_second;
      totals.total += answer.timings.total;
      ++totals.runs;
      if (json_) continue;
      std::cout << '\n';
      if (mode == "control") std::cout << "    " << faint("the cache is that of: " + question.control_text) << '\n';
      std::cout << "    " << faint(timing_line(answer)) << std::endl;
    }
    return json;
  }

  // Answers as they come, indented; the sharer's text of text-to-text in quotes before the answer.
  OnText printer() const {
    return [this, last = TextKind::kAnswer](TextKind kind, std::string_view piece) mutable {
      if (json_) return true;
      if (kind == TextKind::kContext && last == TextKind::kAnswer) std::cout << "the sharer writes: ";
      if (kind == TextKind::kAnswer && last == TextKind::kContext) std::cout << "\n    the receiver answers: ";
      last = kind;
      for (const char c : piece) std::cout << c << (c == '\n' ? "    " : "");
      std::cout << std::flush;
      return true;
    };
  }

  static void print_head(Session& session) {
    std::cout << "receiver  " << session.receiver().text.path.filename().string() << '\n'
              << "sharer    " << session.sharer(0).text.path.filename().string() << '\n'
              << "fuser     " << session.fuser(0)->source << "  (alignment " << session.alignment(0) << ")\n";
  }

  void print_summary() const {
    std::printf("\n  %-32s %12s %16s %10s\n", "mean per question", "tokens/s", "first token, s", "total, s");
    for (const auto& [mode, title] : kColumns) {
      const Totals& totals = totals_.at(mode);
      std::printf("  %-32s %12.1f %16.2f %10.2f\n", title.c_str(), totals.speed / totals.runs,
                  totals.first_token / totals.runs, totals.total / totals.runs);
    }
    std::fflush(stdout);
  }

  static std::string bold(const std::string& text) { return use_colour() ? "\033[1m" + text + "\033[0m" : text; }
  static std::string faint(const std::string& text) { return use_colour() ? "\033[2m" + text + "\033[0m" : text; }

  struct Totals {
    double first_token = 0, speed = 0, total = 0;
    int runs = 0;
  };
  RunOptions run_;
  std::int64_t count_ = 3;
  std::vector<std::string> prompts_;
  std::string heldout_file_;
  bool json_ = false;
  std::map<std::string, Totals> totals_;
};

}  // namespace

std::unique_ptr<Command> make_demo() {
  return std::make_unique<Demo>();
}

}  // namespace c2c::cli
