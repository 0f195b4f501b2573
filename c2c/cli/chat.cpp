// `c2c chat`: a conversation; lines that start with / are commands.
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <sstream>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/cli/command.h"
#include "c2c/cli/report.h"
#include "c2c/cli/run_options.h"
#include "c2c/cli/terminal.h"
#include "c2c/infer/pipelines/mask.h"
#include "c2c/infer/pipelines/session.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/config/print.h"

namespace c2c::cli {
namespace {

constexpr const char* kHelp =
    "/mode [receiver|sharer|t2t|c2c|control]  who answers\n"
    "/sharers [MASK|all|none]                 which sharers the receiver hears (1: the first, 2: the second, 3: both)\n"
    "/sampling [temperature=0.7 top_k=20 ...] how tokens are drawn\n"
    "/system [TEXT]                           the system message; starts a new conversation\n"
    "/control QUESTION                        mode control: the question whose sharer cache is fused\n"
    "/reset                                   a new conversation\n"
    "/stats                                   timings of the last answer\n"
    "/help  /quit                             Ctrl-C ends an answer, Ctrl-D the program\n";

std::atomic<bool> g_answering{false}, g_interrupted{false};

extern "C" void on_interrupt(int) {
  if (!g_answering.load()) ::_exit(130);
  g_interrupted.store(true);
}

class Chat final : public Command {
 public:
  const char* name() const override { return "chat"; }
  const char* description() const override { return "a conversation; /help lists its commands"; }
  void add_options(CLI::App& app, CommandLine& line) override { run_.add_options(app, line); }
  void run(const Globals&, const CommandLine& line) override {
    ProgressBar progress;
    Session session(run_.load(line), progress.function());
    session.prepare();
    progress.finish();
    std::signal(SIGINT, on_interrupt);
    const bool interactive = is_terminal(STDIN_FILENO);
    if (interactive) std::cerr << "/help lists the commands\n";
    std::string text;
    while (read_line(interactive, text)) {
      try {
        if (text.empty()) continue;
        if (text == "/quit" || text == "/exit") break;
        if (text[0] == '/')
          command(session, text);
        else
          answer(session, text);
        progress.finish();
      } catch (const Error& error) {
        progress.finish();
        if (!interactive) throw;  // a script should not go on as if nothing had happened
        std::cerr << "error: " << error.what() << '\n';
      }
    }
  }

 private:
  static bool read_line(bool interactive, std::string& text) {
    if (interactive) std::cerr << "> " << std::flush;
    return static_cast<bool>(std::getline(std::cin, text));
  }

  void answer(Session& session, const std::string& text) {
    Request request;
    request.reuse = true;  // each turn begins as the last one did
    request.messages = messages_;
    request.messages.push_back({"user", text});
    g_interrupted = false;
    g_answering = true;
    const auto print = [](TextKind kind, std::string_view piece) {
      (kind == TextKind::kAnswer ? std::cout : std::cerr) << piece << std::flush;
      return !g_interrupted.load();
    };
    try {
      last_ = session.run(request, print);
    } catch (...) {
      g_answering = false;
      throw;
    }
    g_answering = false;
    std::cout << '\n' << std::flush;
    log_info(timing_line(last_));
    messages_ = std::move(request.messages);
    messages_.push_back({"assistant", last_.text});
  }

  void command(Session& session, const std::string& text) {
    std::istringstream words(text);
    std::string verb, rest;
    words >> verb;
    std::getline(words >> std::ws, rest);
    RunConfig& config = session.config();
    if (verb == "/mode") return mode(session, rest);
    if (verb == "/sharers") return mask(session, rest);
    if (verb == "/sampling") return sampling(config, rest);
    if (verb == "/system") {
      config.system = rest;
      messages_.clear();
    } else if (verb == "/control") {
      config.control_prompt = rest;
    } else if (verb == "/reset") {
      messages_.clear();
    } else if (verb == "/stats") {
      std::cerr << timing_line(last_) << '\n';
    } else if (verb == "/help") {
      std::cerr << kHelp;
    } else {
      const std::string near = nearest_name(
          verb, {"/mode", "/sharers", "/sampling", "/system", "/control", "/reset", "/stats", "/help", "/quit"});
      fail_usage({.where = verb,
                  .found = "an unknown command",
                  .hint = near.empty() ? "/help lists them" : "did you mean " + near + "?"});
    }
  }

  static void mode(Session& session, const std::string& name) {
    if (!name.empty()) {
      session.prepare(name);
      session.config().mode = name;
    }
    std::cerr << "mode: " << session.config().mode << '\n';
  }

  static void mask(Session& session, const std::string& text) {
    if (!text.empty()) {
      parse_mask(text, session.config().sharers.size());
      session.config().mask = text;
    }
    std::cerr << "sharers: " << session.config().mask << '\n';
  }

  // key=value pairs, keys as in run files.
  static void sampling(RunConfig& config, const std::string& text) {
    std::istringstream words(text);
    SamplingConfig changed = config.sampling;
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      const std::string key = word.substr(0, equals);
      bool known = false;
      std::vector<std::string> names;
      changed.visit_fields([&](const Field& field) {
        names.push_back(field.key);
        if (field.key != key || equals == std::string::npos) return;
        assign_texts(field, {word.substr(equals + 1)}, key);
        known = true;
      });
      const std::string near = nearest_name(key, names);
      if (!known)
        fail_usage({.where = "/sampling",
                    .key = word,
                    .expected = "key=value",
                    .hint = near.empty() ? "" : "did you mean " + near + "=...?"});
    }
    validate(changed);
    config.sampling = changed;
    std::cerr << "sampling: " << dump(fields_to_json(fields_of(config.sampling))) << '\n';
  }

  RunOptions run_;
  Messages messages_;
  Answer last_;
};

}  // namespace

std::unique_ptr<Command> make_chat() {
  return std::make_unique<Chat>();
}

}  // namespace c2c::cli
