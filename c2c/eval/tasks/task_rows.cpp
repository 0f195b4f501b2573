#include "c2c/eval/tasks/task_rows.h"

#include <algorithm>
#include <filesystem>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"
#include "c2c/train/data/dataset_source.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<fs::path>;

std::string split_of(const Benchmark& benchmark, const EvalTask& task) {
  if (!task.split.empty()) return task.split;
  const bool fixed = task.mode == grading::Mode::kFixed && !benchmark.split_fixed.empty();
  return std::string(fixed ? benchmark.split_fixed : benchmark.split.empty() ? "test" : benchmark.split);
}

// How files may call a subject: "anatomy", "anatomy_val" (C-Eval's archive), "mmlu_AR-XY" (MMMLU's files).
std::vector<std::string> aliases(const std::string& subject, const std::string& split) {
  std::string dashes = subject;
  std::replace(dashes.begin(), dashes.end(), '_', '-');
  return {subject, subject + "_" + split, "mmlu_" + dashes};
}

// `names`: a path, or repositories of which one is enough. The last resort is the error of the first.
Paths find_files(const Benchmark& benchmark, const std::vector<std::string>& names, const std::string& subject,
                 const std::string& split) {
  const bool required = benchmark.by_subject || (!benchmark.config.empty() && benchmark.config != "main");
  const std::vector<std::string> configs =
      benchmark.by_subject ? aliases(subject, split) : std::vector<std::string>{std::string(benchmark.config)};
  std::optional<Error> problem;
  for (const std::string& name : names)
    for (const std::string& config : configs) try {
        return dataset_files({.name = name, .config = config, .split = split, .config_required = required});
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::kInternal) throw;
        if (!problem) problem = error;
      }
  const ErrorInfo& info = problem->info();
  const std::string other = "name a local copy with data_path";
  fail_input({.where = "benchmark " + std::string(benchmark.name) + ": " + info.where,
              .key = info.key,
              .found = info.found,
              .expected = info.expected,
              .hint = info.hint.empty() ? other : info.hint + ", or " + other});
}

Paths subject_files(const Benchmark& benchmark, const EvalTask& task, const std::string& path, const Subject& subject) {
  std::vector<std::string> names = benchmark.datasets;
  if (!path.empty()) names = {path};
  if (names.empty())
    fail_usage({.where = "benchmark " + std::string(benchmark.name),
                .key = "data_path",
                .found = "nothing",
                .expected = "a file",
                .hint = std::string(benchmark.how_to_get)});
  std::error_code error;
  if (!path.empty() && benchmark.datasets.empty() && !fs::exists(path, error))
    fail_input({.where = "benchmark " + std::string(benchmark.name) + ": " + path,
                .found = "no such file or folder",
                .hint = std::string(benchmark.how_to_get)});
  return find_files(benchmark, names, subject.name, split_of(benchmark, task));
}

// Those that the task asks for, in the benchmark's order.
std::vector<Subject> wanted_subjects(const Benchmark& benchmark, const EvalTask& task, const std::string& path) {
  std::vector<Subject> subjects = benchmark_subjects(benchmark, task.longbench_e);
  // The reference takes all of LongBench-E whatever is asked for.
  const bool all = task.longbench_e && task.mode == grading::Mode::kExact;
  std::vector<std::string> names;
  for (const Subject& subject : subjects) names.push_back(subject.name);
  std::vector<std::string> asked = all ? std::vector<std::string>() : task.subjects;
  if (task.longbench_e)
    for (std::string& name : asked)
      if (!name.ends_with("_e")) name += "_e";
  for (const std::string& name : asked)
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const std::string near = nearest_name(name, names);
      fail_usage({.where = "benchmark " + std::string(benchmark.name),
                  .key = "subjects",
                  .found = name,
                  .expected = "one of its " + std::to_string(names.size()) + " subjects",
                  .hint = near.empty() ? "" : "did you mean " + near + "?"});
    }
  std::error_code error;
  if (asked.empty() && !path.empty() && fs::is_regular_file(path, error)) {
    // One file is one subject: the one that its name says.
    for (const std::string& name : names)
      for (const std::string& alias : aliases(name, split_of(benchmark, task)))
        if (fs::path(path).stem() == alias) asked = {name};
    if (asked.empty())
      fail_usage({.where = path,
                  .key = "subjects",
                  .found = "a single file whose name is no subject",
                  .expected = "which subject of " + std::string(benchmark.name) + " it holds, in `subjects`"});
  }
  if (!asked.empty())
    std::erase_if(subjects, [&](const Subject& subject) {
      return std::find(asked.begin(), asked.end(), subject.name) == asked.end();
    });
  return subjects;
}

struct Window {
  std::int64_t begin = 0, end = 0;
};

std::vector<std::int64_t> wanted_rows(const EvalTask& task, Window window) {
  std::int64_t begin = window.begin, end = window.end;
  if (task.limit.start) begin = std::max(begin, *task.limit.start);
  if (task.limit.end) end = std::min(end, *task.limit.end);
  std::vector<std::int64_t> wanted;
  const std::int64_t step = task.sample_interval;
  for (std::int64_t i = (begin + step - 1) / step * step; i < end; i += step) {
    if (task.limit.first && static_cast<std::int64_t>(wanted.size()) >= *task.limit.first) break;
    wanted.push_back(i);
  }
  return wanted;
}

void note_files(const Paths& paths, std::vector<std::string>& files) {
  for (const fs::path& path : paths) files.push_back(path.string());
}

std::string part_name(std::int64_t i, std::int64_t n) {
  return "SPLIT_" + std::to_string(i) + "_OF_" + std::to_string(n);
}

}  // namespace

std::vector<SubjectRows> open_subjects(const Benchmark& benchmark, const EvalTask& task, const TaskSource& source,
                                       std::vector<std::string>& files) {
  const std::string& path = source.path.empty() ? task.data_path : source.path;
  const std::string split = split_of(benchmark, task);
  std::vector<SubjectRows> all;
  if (benchmark.by_subject) {
    for (const Subject& subject : wanted_subjects(benchmark, task, path)) {
      const Paths paths = subject_files(benchmark, task, path, subject);
      note_files(paths, files);
      const auto rows = open_rows(paths);
      all.push_back({subject, subject.name, split, rows, wanted_rows(task, {0, rows->size()})});
    }
    return all;
  }
  Subject subject = benchmark_subjects(benchmark).front();
  std::shared_ptr<const RowSource> rows = source.rows;
  if (rows == nullptr) {
    const Paths paths = subject_files(benchmark, task, path, subject);
    note_files(paths, files);
    rows = open_rows(paths);
  } else {
    files.push_back(path);
  }
  const bool parted = task.mode == grading::Mode::kExact && !benchmark.datasets.empty();
  if (!parted) {
    if (benchmark.datasets.empty()) subject.name = task.label();
    all.push_back({subject, subject.name, split, rows, wanted_rows(task, {0, rows->size()})});
    return all;
  }
  const auto parts = std::max<std::int64_t>(1, static_cast<std::int64_t>(task.gpu_ids.size()));
  for (std::int64_t i = 0; i < parts; ++i) {
    const Window window = {i * rows->size() / parts, (i + 1) * rows->size() / parts};
    const std::string name = part_name(i, parts);
    if (!task.subjects.empty() && std::find(task.subjects.begin(), task.subjects.end(), name) == task.subjects.end())
      continue;
    all.push_back({{name, {}, {}}, subject.name, split, rows, wanted_rows(task, window)});
  }
  if (all.empty())
    fail_usage({.where = "benchmark " + std::string(benchmark.name),
                .key = "subjects",
                .found = task.subjects.front(),
                .expected = "one of " + part_name(0, parts) + " to " + part_name(parts - 1, parts) +
                            " (mode exact), or nothing",
                .hint = "in mode fixed: " + subject.name + ", or the rows' own categories"});
  return all;
}

std::shared_ptr<const RowSource> open_shots(const Benchmark& benchmark, const EvalTask& task,
                                            const std::string& subject) {
  if (benchmark.shots_split.empty() && task.shots_path.empty())
    fail_usage({.where = "benchmark " + std::string(benchmark.name),
                .key = "shots",
                .found = std::to_string(task.shots),
                .expected = "0: it has no examples",
                .hint = "name a file of them as shots_path"});
  std::vector<std::string> names = benchmark.datasets;
  if (!benchmark.shots_dataset.empty())
    names = {std::string(benchmark.shots_dataset)};
  else if (!task.data_path.empty())
    names = {task.data_path};
  if (!task.shots_path.empty()) names = {task.shots_path};
  const std::string split(benchmark.shots_split.empty() ? "train" : benchmark.shots_split);
  return open_rows(find_files(benchmark, names, subject, split));
}

}  // namespace c2c
