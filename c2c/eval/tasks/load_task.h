// A task of an evaluation file as a list of samples.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "c2c/eval/tasks/benchmark.h"
#include "c2c/eval/tasks/jieba.h"
#include "c2c/eval/tasks/prompts.h"

namespace c2c {

// A row that could not be used, and why.
struct BadRow {
  std::string place;  // "file, row 17" or "file:18"
  std::string subject;
  std::int64_t row = 0;
  std::string field, found, expected;
  std::string text() const;  // one line for a log
};

struct TaskData {
  const Benchmark* benchmark = nullptr;
  std::vector<EvalSample> samples;               // by subject in the benchmark's order, then by row
  std::vector<Subject> subjects;                 // of the samples, in order
  std::int64_t rows = 0;                         // that were looked at: samples + left_out + bad
  std::map<std::string, std::int64_t> left_out;  // rows the benchmark leaves out, by reason
  std::vector<BadRow> bad;                       // at most 1 % of rows
  std::vector<std::string> files;
  PromptSet prompts;
  int options = 4;  // letters that logits are compared over
  std::optional<grading::MathTruth> math;
  grading::IdealMatch match = grading::IdealMatch::kStartsWith;
  grading::IdealOptions ideal_options;
  std::string fingerprint;  // SHA-256 of every sample's id, messages, options and truth
  // Tasks of LongBench whose scores count Chinese words, and what cuts them; null words: characters are counted.
  std::vector<std::string> chinese_tasks;
  JiebaTables jieba;
};

// Throws kInput where the benchmark's files are missing (saying where they were looked for and how to get them), where
// more than 1 % of the rows are malformed (naming the first ones); kUsage for an unknown data set, prompt or subject.
TaskData load_task(const EvalTask& task);

// The messages with the shots in front of the question.
Messages with_shots(const EvalSample& sample);

}  // namespace c2c
