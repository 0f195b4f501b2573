#include "c2c/train/trainer/run_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "c2c/base/error.h"
#include "c2c/base/log.h"
#include "c2c/io/formats/source.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDone = "DONE";
constexpr const char* kPartial = ".partial";

std::optional<std::int64_t> step_of(const std::string& name) {
  constexpr std::string_view kPrefix = "checkpoint-";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  std::int64_t step = 0;
  const char* end = name.data() + name.size();
  const auto [stopped, error] = std::from_chars(name.data() + kPrefix.size(), end, step);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return step;
}

void flush_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

void RunFolder::require_unused() const {
  if (!fs::exists(root_)) return;
  for (const auto& entry : fs::directory_iterator(root_)) {
    const std::string name = entry.path().filename().string();
    if (!step_of(name) && name != "final" && name != "best" && name != "train_log.jsonl") continue;
    fail_usage({.where = root_.string(),
                .found = name + " of an earlier run",
                .expected = "a new folder",
                .hint = "go on with --resume-from-checkpoint latest, or name another folder with --output"});
  }
}

std::vector<std::int64_t> RunFolder::complete_checkpoints() const {
  std::vector<std::int64_t> steps;
  if (!fs::exists(root_)) return steps;
  for (const auto& entry : fs::directory_iterator(root_)) {
    const std::string name = entry.path().filename().string();
    const auto step = step_of(name);
    if (step && fs::exists(entry.path() / kDone))
      steps.push_back(*step);
    else if (step || name.ends_with(kPartial))
      log_warning(entry.path().string() + " is half-written: it is left out");
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

fs::path RunFolder::resume_from(const std::string& which) const {
  if (which == "latest") {
    const auto steps = complete_checkpoints();
    if (!steps.empty()) return checkpoint(steps.back());
    fail_input(
        {.where = root_.string(), .found = "no complete checkpoint", .expected = "checkpoint-<step> with a file DONE"});
  }
  if (!fs::is_directory(which)) fail_input({.where = which, .found = "no such folder", .expected = "a checkpoint"});
  if (!fs::exists(fs::path(which) / kDone))
    fail_input({.where = which,
                .found = "a half-written checkpoint (no file DONE)",
                .expected = "a complete one",
                .hint = "--resume-from-checkpoint latest takes the last that is complete"});
  return which;
}

void RunFolder::replace(const fs::path& target, const std::function<void(const fs::path&)>& write) const {
  const fs::path partial = target.string() + kPartial, old = target.string() + ".old" + kPartial;
  fs::remove_all(partial);
  fs::create_directories(partial);
  try {
    write(partial);
    write_file_atomically(partial / kDone, std::string_view("complete\n"));
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(partial, ignored);
    throw;
  }
  flush_folder(partial);
  fs::remove_all(old);
  if (fs::exists(target)) fs::rename(target, old);
  fs::rename(partial, target);
  flush_folder(root_);
  fs::remove_all(old);
}

void RunFolder::keep_last(std::int64_t limit) const {
  if (limit <= 0) return;
  const auto steps = complete_checkpoints();
  for (std::size_t i = 0; i + static_cast<std::size_t>(limit) < steps.size(); ++i) fs::remove_all(checkpoint(steps[i]));
}

}  // namespace c2c
