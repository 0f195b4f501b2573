// What systems and tasks are called in names of files.
#pragma once
#include <string>

#include "c2c/eval/results/run_info.h"

namespace c2c::results {

// Characters that would make a path, or trouble in a shell, become '_'; never empty, never hidden.
std::string file_name(const std::string& label);

class OutputNames {
 public:
  explicit OutputNames(const RunInfo& info) : info_(info) {}
  // The last part of the model's name as the reference does, where only one system has that; else the system's own
  // name.
  std::string model(const std::string& system) const;
  // The data set's key, where only one task has that; else the task's own name.
  std::string dataset(const std::string& task) const;

 private:
  const RunInfo& info_;
};

}  // namespace c2c::results
