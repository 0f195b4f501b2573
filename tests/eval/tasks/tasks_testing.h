// What the tests of tasks share.
#pragma once
#include <functional>

#include "c2c/base/error.h"
#include "c2c/eval/tasks/load_task.h"
#include "tests/io/formats/format_testing.h"
#include "tests/testing/golden.h"
#include "tests/train/data/dataset_testing.h"

namespace c2c::testing {

inline fs::path tasks_data(const std::string& name) {
  return fs::path(C2C_SOURCE_DIR) / "tests/eval/tasks/data" / name;
}

inline EvalTask task_of(const std::string& dataset, const fs::path& path = {}) {
  EvalTask task;
  task.dataset = dataset;
  task.data_path = path.string();
  task.gpu_ids = {"0"};
  task.answer_methods = {"generate"};
  return task;
}

inline EvalTask fixed(EvalTask task) {
  task.mode = grading::Mode::kFixed;
  task.mode_name = "fixed";
  return task;
}

inline void expect_error(const std::function<void()>& action, const std::vector<std::string>& parts, int code) {
  try {
    action();
    ADD_FAILURE() << "no error; expected " << parts.front();
  } catch (const Error& error) {
    for (const std::string& part : parts)
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what() << "\nlacks " << part;
    EXPECT_EQ(error.exit_code(), code) << error.what();
  }
}

// "B" for each sample, by row.
inline std::map<std::int64_t, std::string> truths(const TaskData& data) {
  std::map<std::int64_t, std::string> found;
  for (const EvalSample& sample : data.samples) found[sample.row] = sample.truth.text;
  return found;
}

inline std::vector<std::string> ids(const TaskData& data) {
  std::vector<std::string> found;
  for (const EvalSample& sample : data.samples) found.push_back(sample.id);
  return found;
}

}  // namespace c2c::testing
