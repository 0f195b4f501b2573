// The benchmarks that are known by name: one row of a table each. To add one, add its row and the function that reads
// its rows (docs/extending.md).
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "c2c/eval/grading/ideals.h"
#include "c2c/eval/grading/math.h"
#include "c2c/eval/tasks/eval_config.h"
#include "c2c/eval/tasks/row_fields.h"
#include "c2c/eval/tasks/sample.h"

namespace c2c {

// Where rows come from when not simply from the files of a repository, and what came with them.
struct TaskSource {
  std::shared_ptr<const RowSource> rows;  // null: the files of `path`
  std::string path;                       // file, folder or repository
  std::optional<grading::IdealMatch> match;
  bool ignore_case = false;
  Messages shots;                                         // stand before the last message of every row
  std::map<std::string, std::string> longbench_prompts;   // by task
  std::map<std::string, std::int64_t> longbench_lengths;  // new tokens, by task
};
using OpenSource = TaskSource (*)(const EvalTask& task);

// What a reader of rows may look at.
struct RowContext {
  const EvalTask& task;
  const std::string& subject;
  const TaskSource& source;
  bool exact() const { return task.mode == grading::Mode::kExact; }
};

// What a row says; prompts are made of it afterwards. A row that the benchmark leaves out says why.
struct RowDraft {
  EvalSample sample;
  std::optional<std::string> left_out;  // the reason, as it is counted
};

// Throws FieldProblem where the row is malformed.
using ReadRow = RowDraft (*)(const RowFields&, const RowContext&);

enum class PromptKind {
  kChoice,  // question and choices in the words of the prompt set
  kMath,    // its template for mathematics
  kOwn,     // the reader made the messages
};

struct Benchmark {
  std::string_view name;
  std::string_view summary;           // for `c2c eval --list`
  std::vector<std::string> datasets;  // repositories that hold it, the first one is named in errors; empty: local only
  std::string_view config;            // of the repository; also the name of the one subject
  std::string_view split, split_fixed;  // split_fixed: of mode fixed, where the reference's has no answers
  bool by_subject = false;              // each subject is a configuration of its own
  PromptKind prompt = PromptKind::kChoice;
  TruthKind truth = TruthKind::kLetter;
  int options = 4;        // letters that logits are compared over
  int options_fixed = 0;  // of mode fixed, where there may be more
  ReadRow read = nullptr;
  OpenSource open = nullptr;       // null: data_path, or `datasets`
  std::string_view shots_dataset;  // where examples come from; empty: the benchmark's own repository
  std::string_view shots_split;    // empty: it has no examples
  ReadRow shots_read = nullptr;    // null: `read`
  std::string_view how_to_get;     // instead of `hf download`
};

std::span<const Benchmark> benchmarks();
// Throws kUsage naming the known ones and the nearest.
const Benchmark& find_benchmark(const std::string& name);

// Subjects in the reference's order, with subcategory and category (mmlu-redux only).
struct Subject {
  std::string name, subcategory, category;
};
std::vector<Subject> benchmark_subjects(const Benchmark& benchmark, bool longbench_e = false);

TaskSource open_evals(const EvalTask& task);
TaskSource open_longbench(const EvalTask& task);
TaskSource open_wordnet_choice(const EvalTask& task);
TaskSource open_wordnet_gloss(const EvalTask& task);

// Readers of rows, by format.
RowDraft read_mmlu_redux(const RowFields& row, const RowContext& context);
RowDraft read_mmmlu(const RowFields& row, const RowContext& context);
RowDraft read_gpqa(const RowFields& row, const RowContext& context);
RowDraft read_math500(const RowFields& row, const RowContext& context);
RowDraft read_gsm8k(const RowFields& row, const RowContext& context);
RowDraft read_openbookqa(const RowFields& row, const RowContext& context);
RowDraft read_arc(const RowFields& row, const RowContext& context);
RowDraft read_mmlu_pro(const RowFields& row, const RowContext& context);
RowDraft read_ceval(const RowFields& row, const RowContext& context);
RowDraft read_longbench(const RowFields& row, const RowContext& context);
RowDraft read_evals(const RowFields& row, const RowContext& context);
RowDraft read_chat(const RowFields& row, const RowContext& context);
RowDraft read_multiple_choice(const RowFields& row, const RowContext& context);

}  // namespace c2c
