// `c2c serve`: OpenAI's API over run files, until it is told to stop.
#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <thread>

#include "c2c/base/error.h"
#include "c2c/cli/command.h"
#include "c2c/cli/terminal.h"
#include "c2c/cli/version.h"
#include "c2c/io/config/assign.h"
#include "c2c/serve/server.h"

namespace c2c::cli {
namespace {

std::atomic<bool> g_loaded{false};

sem_t g_stop;

// SIGINT and SIGTERM. A handler, not sigwait: threads that libraries began before would not have the signals blocked,
// and one of them would be given the signal and end the process.
class StopSignals {
 public:
  StopSignals() {
    sem_init(&g_stop, 0, 0);
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { sem_post(&g_stop); });
  }
  void wait() const {
    while (sem_wait(&g_stop) != 0) {
    }
  }
  // The next one ends the process, as it always does.
  void release() const {
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  }
};

class Serve final : public Command {
 public:
  const char* name() const override { return "serve"; }
  const char* description() const override {
    return "OpenAI's API, and a page to try it, over one or several run files";
  }
  void add_options(CLI::App& app, CommandLine& line) override {
    line.add(app, [this](const FieldVisitor& visit) { visit_files(visit); }, "Serve");
    line.add(app, fields_of(config_), "Serve");
  }

  void run(const Globals&, const CommandLine& line) override {
    const StopSignals signals;
    ProgressBar progress;
    ServerParts parts = read_runs();
    parts.progress = progress.function();
    config_.engine = parts.runs.front().engine;
    line.apply();  // the flags, over what the first run file says of batching
    Server server(config_, std::move(parts));
    server.start();
    say("listening on " + server.url() + ", loading");
    // Loading can take minutes, and nothing is being answered: a signal ends it at once.
    std::thread waiter([signals] {
      signals.wait();
      if (!g_loaded) ::_exit(0);
    });
    try {
      server.load();
    } catch (...) {
      waiter.detach();
      throw;
    }
    g_loaded = true;
    progress.finish();
    say("ready on " + server.url());
    waiter.join();
    signals.release();
    say("stopping");
    server.stop();
    say("stopped");
  }

 private:
  void visit_files(const FieldVisitor& visit) {
    visit({.key = "",
           .flags = "runs",
           .help = "run files (YAML), one for each receiver and its sharers",
           .target = &files_,
           .is_path = true});
  }

  ServerParts read_runs() const {
    if (files_.empty())
      fail_usage(
          {.where = "serve", .found = "no run file", .expected = "at least one", .hint = "c2c serve RUNFILE..."});
    ServerParts parts;
    for (const std::string& file : files_) {
      RunConfig run;
      assign_file(fields_of(run), file);
      run.apply_overrides();
      parts.runs.push_back(std::move(run));
    }
    parts.version = version_text();
    return parts;
  }

  static void say(const std::string& text) { std::cerr << "c2c serve: " << text << std::endl; }

  ServeConfig config_;
  std::vector<std::string> files_;
};

}  // namespace

std::unique_ptr<Command> make_serve() {
  return std::make_unique<Serve>();
}

}  // namespace c2c::cli
