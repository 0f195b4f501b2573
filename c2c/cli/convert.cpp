// `c2c convert`: a fuser checkpoint from the reference's .pt files to safetensors, or back.
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "c2c/base/error.h"
#include "c2c/cli/command.h"
#include "c2c/cli/terminal.h"
#include "c2c/fuser/fuser.h"
#include "c2c/infer/pipelines/loaded_model.h"

namespace c2c::cli {
namespace {

namespace fs = std::filesystem;

// A folder that gets its name only when everything is in it.
class FolderAside {
 public:
  explicit FolderAside(fs::path target) : target_(std::move(target)) {
    if (target_.filename().empty()) target_ = target_.parent_path();
    aside_ = target_;
    aside_ += ".partial-" + std::to_string(::getpid());
    std::error_code code;
    if (fs::exists(target_, code) && !(fs::is_directory(target_, code) && fs::is_empty(target_, code)))
      fail_usage({.where = target_.string(),
                  .found = "something that is already there",
                  .expected = "a new folder",
                  .hint = "remove it or name another"});
    if (!target_.parent_path().empty()) fs::create_directories(target_.parent_path(), code);
    fs::create_directory(aside_, code);
    if (code) fail_input({.where = target_.string(), .found = "cannot be written: " + code.message()});
  }
  ~FolderAside() {
    std::error_code code;
    if (!done_) fs::remove_all(aside_, code);
  }
  FolderAside(const FolderAside&) = delete;
  FolderAside& operator=(const FolderAside&) = delete;
  const fs::path& path() const { return aside_; }
  void keep() {
    std::error_code code;
    fs::remove(target_, code);  // the empty folder, if any
    fs::rename(aside_, target_);
    done_ = true;
  }

 private:
  fs::path target_, aside_;
  bool done_ = false;
};

bool is_reference_checkpoint(const fs::path& path) {
  std::error_code code;
  return fs::exists(path / "projector_config.json", code) || fs::exists(path / "projector_0.pt", code) ||
         fs::exists(path / "final/projector_0.pt", code);
}

class Convert final : public Command {
 public:
  const char* name() const override { return "convert"; }
  const char* description() const override { return "a fuser from .pt files to safetensors, or back"; }
  bool computes() const override { return false; }
  void add_options(CLI::App& app, CommandLine& line) override { line.add(app, fields_of(*this), "Convert"); }
  void visit_fields(const FieldVisitor& visit) {
    visit({.key = "", .flags = "from", .help = "fuser folder or fuser.safetensors", .target = &from_, .is_path = true});
    visit({.key = "", .flags = "to", .help = "new folder", .target = &to_, .is_path = true});
    visit({.key = "",
           .flags = "--to-format",
           .help = "default: the one that `from` is not",
           .target = &format_,
           .choices = {"safetensors", "pt"}});
    visit({.key = "",
           .flags = "--dtype",
           .help = "element type to write",
           .target = &dtype_,
           .choices = {"keep", "bf16", "f32"}});
    visit({.key = "",
           .flags = "--subfolder",
           .help = "folder of the projectors inside a .pt checkpoint",
           .target = &subfolder_});
  }

  void run(const Globals&, const CommandLine&) override {
    if (from_.empty() || to_.empty())
      fail_usage({.where = "convert",
                  .found = from_.empty() ? "no fuser" : "no folder to write",
                  .expected = "c2c convert FROM TO"});
    FuserLoadOptions options;
    options.keep_dtype = dtype_ == "keep";
    if (!options.keep_dtype) options.dtype = parse_dtype(dtype_);
    const std::string format = !format_.empty() ? format_ : is_reference_checkpoint(from_) ? "safetensors" : "pt";
    ProgressBar progress;
    progress.update("converting", 0, 2);
    const auto fusers = load_fusers(from_, options, subfolder_);
    progress.update("converting", 1, 2);
    FolderAside folder(to_);
    for (const auto& fuser : fusers) {
      const fs::path place =
          fusers.size() == 1 ? folder.path() : folder.path() / ("sharer" + std::to_string(fuser->sharer_index));
      if (format == "safetensors")
        save_fuser_safetensors(*fuser, place);
      else
        save_fuser_reference(*fuser, place, subfolder_);
    }
    folder.keep();
    progress.finish();
    std::cout << to_ << '\n';
  }

 private:
  std::string from_, to_, format_, dtype_ = "keep", subfolder_ = "final";
};

}  // namespace

std::unique_ptr<Command> make_convert() {
  return std::make_unique<Convert>();
}

}  // namespace c2c::cli
