// c2c: one binary, verbs. Parses, calls, prints; exit code 0, 1 (failure), 2 (usage).
#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <new>

#include "c2c/base/error.h"
#include "c2c/cli/busy_machine.h"
#include "c2c/cli/command.h"
#include "c2c/cli/steady_memory.h"
#include "c2c/cli/terminal.h"
#include "c2c/cli/version.h"
#include "c2c/io/config/assign.h"

namespace c2c::cli {

void Globals::visit_fields(const FieldVisitor& visit) {
  visit({.key = "", .flags = "-v,--verbose", .help = "say what is done, on stderr", .target = &verbose});
  visit({.key = "",
         .flags = "-t,--threads",
         .help = "compute threads; 0: what OpenMP says",
         .target = &threads,
         .minimum = 0,
         .maximum = 4096});
  visit({.key = "",
         .flags = "--log-file",
         .help = "every log line, with its time",
         .target = &log_file,
         .is_path = true});
}

namespace {

struct Entry {
  std::unique_ptr<Command> command;
  CLI::App* app = nullptr;
  CommandLine line;
  Globals globals;
};

// The Globals, less what the command has of its own.
FieldsOf general_fields(Entry& entry) {
  return [&entry](const FieldVisitor& visit) {
    entry.globals.visit_fields([&](const Field& field) {
      if (!entry.command->has_threads() || field.flags.find("--threads") == std::string::npos) visit(field);
    });
  };
}

int report(const char* message, int code) {
  std::cout.flush();
  std::fprintf(stderr, "c2c: error: %s\n", message);
  return code;
}

// First line of a LibTorch message: the rest is a C++ stack trace.
int report_torch(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  return report(("LibTorch: " + text.substr(0, text.find('\n'))).c_str(), 1);
}

int run(Entry& entry, char** argv) {
  try {
    entry.line.apply();
    if (entry.command->computes()) {
      sleep_where_busy(entry.globals.threads, argv);
      keep_memory_steady();
    }
    // Before any other call into LibTorch: every call may reset OpenMP's idea of the thread count.
    at::set_num_threads(entry.globals.threads > 0 ? static_cast<int>(entry.globals.threads) : at::get_num_threads());
    at::set_num_interop_threads(1);
    install_log(entry.globals.verbose, entry.globals.log_file);
    entry.command->run(entry.globals, entry.line);
    std::cout.flush();
    if (!std::cout) return report("stdout: cannot be written", 1);
    return 0;
  } catch (const Error& error) {
    return report(error.what(), error.exit_code());
  } catch (const c10::Error& error) {
    return report_torch(error);
  } catch (const std::bad_alloc&) {
    return report("out of memory", 1);
  } catch (const std::exception& error) {
    return report(error.what(), 1);
  }
}

std::string unknown_verb(const CLI::App& app, const std::string& verb) {
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(command->get_name());
  const std::string near = nearest_name(verb, known);
  return verb + ": no such command" + (near.empty() ? "" : "; did you mean " + near + "?");
}

int run_main(int argc, char** argv) {
  CLI::App app("Cache-to-Cache: language models that speak through their KV caches", "c2c");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  std::vector<std::unique_ptr<Entry>> entries;
  for (auto make : {make_generate, make_chat, make_serve, make_demo, make_inspect, make_convert, make_train, make_fit,
                    make_data, make_eval, make_sweep, make_analyze, make_bench, make_doctor}) {
    auto entry = std::make_unique<Entry>();
    entry->command = make();
    entry->app = app.add_subcommand(entry->command->name(), entry->command->description());
    entry->command->add_options(*entry->app, entry->line);
    entry->line.add(*entry->app, general_fields(*entry), "General");
    entries.push_back(std::move(entry));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    const std::string verb = chosen.empty() ? "" : chosen[0]->get_name() + " ";
    const std::string message =
        chosen.empty() && argc > 1 && argv[1][0] != '-' ? unknown_verb(app, argv[1]) : std::string(error.what());
    std::fprintf(stderr, "c2c: error: %s\nTry: c2c %s--help\n", message.c_str(), verb.c_str());
    return 2;
  }
  for (const auto& entry : entries)
    if (entry->app->parsed()) return run(*entry, argv);
  return 2;
}

}  // namespace
}  // namespace c2c::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that leaves is a write error, said once at the end
  return c2c::cli::run_main(argc, argv);
}
