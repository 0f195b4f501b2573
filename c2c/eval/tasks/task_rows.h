// The tables of a task: which files hold a subject, and which rows of them are asked for.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "c2c/eval/tasks/benchmark.h"

namespace c2c {

// A subject's table and the rows wanted of it. In mode exact a benchmark without subjects is cut into as many parts as
// there are devices (SPLIT_i_OF_N), since the reference counts limits and accuracies by part.
struct SubjectRows {
  Subject subject;        // as the results name it
  std::string id_prefix;  // the same for every number of parts
  std::string split;
  std::shared_ptr<const RowSource> rows;
  std::vector<std::int64_t> wanted;
};

// Throws kInput where files are missing, kUsage for subjects that the benchmark has not.
std::vector<SubjectRows> open_subjects(const Benchmark& benchmark, const EvalTask& task, const TaskSource& source,
                                       std::vector<std::string>& files);
// The examples of a subject.
std::shared_ptr<const RowSource> open_shots(const Benchmark& benchmark, const EvalTask& task,
                                            const std::string& subject);

}  // namespace c2c
