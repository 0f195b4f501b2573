// A sub-command: options in, one run. Results go to stdout, everything else to stderr.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "c2c/io/config/command_line.h"
#include "c2c/io/config/field.h"

namespace c2c::cli {

// Flags of every command.
struct Globals {
  bool verbose = false;
  std::int64_t threads = 0;  // 0: what OpenMP says
  std::string log_file;
  void visit_fields(const FieldVisitor& visit);
};

class Command {
 public:
  virtual ~Command() = default;
  virtual const char* name() const = 0;
  virtual const char* description() const = 0;
  // Runs models: worth a thought about how threads wait.
  virtual bool computes() const { return true; }
  // Has a --threads of its own kind, instead of the one of Globals.
  virtual bool has_threads() const { return false; }
  // Declares options on `app` through `line`; main adds the Globals.
  virtual void add_options(CLI::App& app, CommandLine& line) = 0;
  // After line.apply(): main has set threads and the log sink. Throws for failures.
  virtual void run(const Globals& globals, const CommandLine& line) = 0;
};

std::unique_ptr<Command> make_generate();
std::unique_ptr<Command> make_chat();
std::unique_ptr<Command> make_inspect();
std::unique_ptr<Command> make_convert();
std::unique_ptr<Command> make_doctor();
std::unique_ptr<Command> make_demo();
std::unique_ptr<Command> make_data();
std::unique_ptr<Command> make_train();
std::unique_ptr<Command> make_fit();
std::unique_ptr<Command> make_bench();
std::unique_ptr<Command> make_eval();
std::unique_ptr<Command> make_sweep();
std::unique_ptr<Command> make_analyze();
std::unique_ptr<Command> make_serve();

}  // namespace c2c::cli
