#include "c2c/cli/run_options.h"

#include "c2c/base/error.h"

#include "c2c/io/config/assign.h"

namespace c2c::cli {

namespace fs = std::filesystem;

void RunOptions::visit_fields(const FieldVisitor& visit) {
  visit({.key = "",
         .flags = "-c,--config",
         .help = "run file (YAML): models, fusers, mode; every flag overrides it",
         .target = &config_file_,
         .is_path = true});
}

void RunOptions::add_options(CLI::App& app, CommandLine& line) {
  line.add(app, fields_of(*this), "Run");
  line.add(app, fields_of(config_), "Run");
}

RunConfig RunOptions::load(const CommandLine& line, const fs::path& fallback) {
  run_file_ = config_file_.empty() ? fallback : fs::path(config_file_);
  if (!run_file_.empty()) {
    config_ = RunConfig{};
    assign_file(fields_of(config_), run_file_);
    line.apply();  // the flags again, over what the file said
  }
  config_.apply_overrides();
  return config_;
}

fs::path find_shipped(const fs::path& relative) {
  std::error_code code;
  if (fs::exists(relative, code)) return relative;
  const fs::path binary = fs::read_symlink("/proc/self/exe", code).parent_path();
  for (const fs::path& base : {binary / "../..", binary / "../share/c2c"})
    if (fs::exists(base / relative, code)) return (base / relative).lexically_normal();
  return {};
}

void check_model_files(const RunConfig& config) {
  for (const std::string& file :
       {config.receiver.model, config.sharers.empty() ? std::string() : config.sharers[0].model})
    if (file.ends_with(".gguf") && !std::filesystem::exists(file))
      fail_input({.where = file, .found = "no such file", .hint = "./run fetch gets the models of the demo"});
}

}  // namespace c2c::cli
