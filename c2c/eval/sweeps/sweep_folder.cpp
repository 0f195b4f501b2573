#include "c2c/eval/sweeps/sweep_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "c2c/base/error.h"
#include "c2c/eval/results/json_fields.h"
#include "c2c/eval/sweeps/scalar.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFormat = "c2c-sweep 1";

fs::path file_of(const fs::path& folder) {
  return folder / "sweep.json";
}

}  // namespace

void require_own_folder(const SweepFile& sweep, const fs::path& folder) {
  const fs::path path = file_of(folder);
  if (fs::exists(folder) && !fs::is_directory(folder))
    fail_usage({.where = folder.string(), .found = "a file", .expected = "a folder"});
  if (!fs::exists(path)) return;
  const nlohmann::json json = results::parse_json(results::read_text(path), path.string());
  const results::FieldReader read(json, path.string());
  std::string format, name;
  read.text("format", format, true);
  read.text("name", name, true);
  if (format != kFormat) read.fail("format", json["format"], kFormat);
  if (name == sweep.name) return;
  fail_usage({.where = folder.string(),
              .key = "name",
              .found = "the sweep " + shown(name),
              .expected = sweep.name,
              .hint = "name another output_dir"});
}

SweepFolder::SweepFolder(const SweepFile& sweep, const fs::path& folder) {
  require_own_folder(sweep, folder);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_input({.where = folder.string(), .found = "cannot make the folder: " + error.message()});
  const fs::path path = folder / ".lock";
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ < 0) fail_input({.where = path.string(), .found = std::strerror(errno), .expected = "a file to lock"});
  bool is_ours = false;
  for (int i = 0; i < 200 && !is_ours; ++i) {
    is_ours = ::flock(lock_, LOCK_EX | LOCK_NB) == 0 || errno == ENOLCK || errno == EOPNOTSUPP;  // not all disks lock
    if (!is_ours) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  if (!is_ours) {
    ::close(lock_);
    fail_usage({.where = folder.string(),
                .found = "another process that works there",
                .expected = "one sweep at a time",
                .hint = "a sweep, or a training or evaluation that it has started"});
  }
  if (!fs::exists(file_of(folder)))
    results::write_text(file_of(folder), nlohmann::json{{"format", kFormat}, {"name", sweep.name}}.dump(1) + "\n");
}

SweepFolder::~SweepFolder() {
  ::close(lock_);
}

void clear_unfinished_training(const fs::path& folder) {
  if (!fs::is_directory(folder)) return;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool half = is_checkpoint_name(name) || name.ends_with(".partial");
    if (half || name == "train_log.jsonl" || name == "tensorboard") fs::remove_all(entry.path());
  }
}

}  // namespace c2c
