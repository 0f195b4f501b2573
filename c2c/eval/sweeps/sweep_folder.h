// The folder of a sweep: whose it is, and that only one process works there.
#pragma once
#include <filesystem>
#include <string>

#include "c2c/eval/sweeps/sweep_file.h"

namespace c2c {

// A folder is one sweep's: sweep.json says which, by name. Throws kUsage for another's. Values may be added to a grid:
// what is there stays.
void require_own_folder(const SweepFile& sweep, const std::filesystem::path& folder);

class SweepFolder {
 public:
  // Makes the folder or goes on with it. Throws kUsage where it is another sweep's, and where another process still
  // works there after ten seconds: a sweep, or what a killed one has started.
  SweepFolder(const SweepFile& sweep, const std::filesystem::path& folder);
  ~SweepFolder();
  SweepFolder(const SweepFolder&) = delete;
  SweepFolder& operator=(const SweepFolder&) = delete;
  // Stays locked until whoever has this open is gone: children keep it.
  int lock() const { return lock_; }

 private:
  int lock_ = -1;
};

// What a training that was killed before its first checkpoint has left, so that another can start there.
void clear_unfinished_training(const std::filesystem::path& folder);

}  // namespace c2c
