// Options of the commands that run models: a run file and every flag that overrides it.
#pragma once
#include <filesystem>
#include <string>

#include "c2c/cli/command.h"
#include "c2c/infer/pipelines/run_config.h"

namespace c2c::cli {

class RunOptions {
 public:
  void add_options(CLI::App& app, CommandLine& line);
  // Reads the run file (if one is named, or `fallback`), then applies the flags over it.
  RunConfig load(const CommandLine& line, const std::filesystem::path& fallback = {});
  const std::filesystem::path& run_file() const { return run_file_; }

  void visit_fields(const FieldVisitor& visit);

 private:
  std::string config_file_;
  RunConfig config_;
  std::filesystem::path run_file_;
};

// Says how to get the models before anything else fails on them. Throws kInput for a GGUF file that is not there.
void check_model_files(const RunConfig& config);

// A file that comes with the program: looked for in the working directory, then beside the binary's source tree or
// installation. Empty where there is none.
std::filesystem::path find_shipped(const std::filesystem::path& relative);

}  // namespace c2c::cli
