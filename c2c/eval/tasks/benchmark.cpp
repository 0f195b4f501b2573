#include "c2c/eval/tasks/benchmark.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/eval/tasks/embedded.h"
#include "c2c/io/config/assign.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/train/data/longbench_templates.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* kSubjects = "subjects.yaml";

constexpr const char* kGetEvals =
    "pip download evals==3.0.1.post1 --no-deps, unzip it, and name evals/registry (with `set: NAME`) or a JSONL file "
    "as "
    "data_path";

const Benchmark kTable[] = {
    {.name = "mmlu-redux",
     .summary = "57 subjects of MMLU with corrected answers",
     .datasets = {"edinburgh-dawg/mmlu-redux-2.0"},
     .split = "test",
     .by_subject = true,
     .read = read_mmlu_redux,
     .shots_dataset = "cais/mmlu",
     .shots_split = "dev",
     .shots_read = read_multiple_choice},
    {.name = "mmmlu",
     .summary = "MMLU in 14 languages",
     .datasets = {"openai/MMMLU"},
     .split = "test",
     .by_subject = true,
     .read = read_mmmlu},
    {.name = "gpqa",
     .summary = "graduate questions that search does not answer (diamond)",
     .datasets = {"Idavidrein/gpqa"},
     .config = "gpqa_diamond",
     .split = "train",
     .read = read_gpqa},
    {.name = "math-500",
     .summary = "500 problems of MATH, answers in LaTeX",
     .datasets = {"HuggingFaceH4/MATH-500"},
     .split = "test",
     .prompt = PromptKind::kMath,
     .truth = TruthKind::kMath,
     .read = read_math500},
    {.name = "gsm8k",
     .summary = "school mathematics, answers are numbers",
     .datasets = {"openai/gsm8k"},
     .config = "main",
     .split = "test",
     .prompt = PromptKind::kMath,
     .truth = TruthKind::kMath,
     .read = read_gsm8k},
    {.name = "openbookqa",
     .summary = "elementary science",
     .datasets = {"allenai/openbookqa", "openbookqa"},
     .config = "main",
     .split = "test",
     .read = read_openbookqa,
     .shots_split = "train"},
    {.name = "ai2-arc",
     .summary = "school science (ARC-Challenge)",
     .datasets = {"allenai/ai2_arc"},
     .config = "ARC-Challenge",
     .split = "test",
     .options_fixed = 5,
     .read = read_arc,
     .shots_split = "train"},
    {.name = "mmlu-pro",
     .summary = "harder MMLU with ten options",
     .datasets = {"TIGER-Lab/MMLU-Pro"},
     .split = "test",
     .options = 10,
     .read = read_mmlu_pro,
     .shots_split = "validation"},
    {.name = "ceval",
     .summary = "52 subjects in Chinese",
     .datasets = {"ceval/ceval-exam"},
     .split = "test",
     .split_fixed = "val",
     .by_subject = true,
     .read = read_ceval,
     .shots_split = "dev"},
    {.name = "longbench",
     .summary = "21 tasks over long texts, LongBench-E with longbench_e",
     .datasets = {"THUDM/LongBench"},
     .split = "test",
     .by_subject = true,
     .prompt = PromptKind::kOwn,
     .truth = TruthKind::kLongBench,
     .read = read_longbench,
     .open = open_longbench},
    {.name = "evals",
     .summary = "samples of OpenAI evals: {\"input\": messages, \"ideal\": text}",
     .prompt = PromptKind::kOwn,
     .truth = TruthKind::kIdeals,
     .read = read_evals,
     .open = open_evals,
     .how_to_get = kGetEvals},
    {.name = "chat",
     .summary = "conversations, cross-entropy of the last reply: {\"messages\": [...]}",
     .prompt = PromptKind::kOwn,
     .truth = TruthKind::kText,
     .read = read_chat,
     .how_to_get = "name a JSONL file as data_path"},
    {.name = "multiple-choice",
     .summary = "{\"question\": text, \"choices\": [...], \"answer\": letter or index}",
     .read = read_multiple_choice,
     .how_to_get = "name a JSONL, CSV or Parquet file as data_path"},
    {.name = "wordnet-choice",
     .summary = "which of four glosses fits a word of WordNet that training left out",
     .read = read_multiple_choice,
     .open = open_wordnet_choice,
     .how_to_get = "apt-get install wordnet-base, or name the folder of WordNet's data files as data_path"},
    {.name = "wordnet-gloss",
     .summary = "cross-entropy of the gloss of a word of WordNet that training left out",
     .prompt = PromptKind::kOwn,
     .truth = TruthKind::kText,
     .read = read_chat,
     .open = open_wordnet_gloss,
     .how_to_get = "apt-get install wordnet-base, or name the folder of WordNet's data files as data_path"},
};

std::vector<Subject> longbench_subjects(bool longbench_e) {
  std::vector<Subject> subjects;
  for (const LongBenchTask& task : longbench_tasks())
    if (task.in_e || !longbench_e) subjects.push_back({std::string(task.name) + (longbench_e ? "_e" : ""), {}, {}});
  return subjects;
}

std::string category_of(const Json& categories, const std::string& subcategory) {
  for (const auto& item : categories.items())
    if (std::find(item.value().begin(), item.value().end(), subcategory) != item.value().end()) return item.key();
  return {};
}

}  // namespace

std::span<const Benchmark> benchmarks() {
  return kTable;
}

const Benchmark& find_benchmark(const std::string& name) {
  std::vector<std::string> names;
  for (const Benchmark& benchmark : kTable) {
    if (benchmark.name == name) return benchmark;
    names.emplace_back(benchmark.name);
  }
  std::string known;
  for (const std::string& each : names) known += (known.empty() ? "" : ", ") + each;
  const std::string near = nearest_name(name, names);
  fail_usage({.where = "eval",
              .key = "dataset",
              .found = name,
              .expected = "one of " + known,
              .hint = near.empty() ? "" : "did you mean " + near + "?"});
}

std::vector<Subject> benchmark_subjects(const Benchmark& benchmark, bool longbench_e) {
  if (benchmark.truth == TruthKind::kLongBench) return longbench_subjects(longbench_e);
  if (!benchmark.by_subject) return {{std::string(benchmark.config.empty() ? "all" : benchmark.config), {}, {}}};
  const Json tree = parse_yaml_text(kSubjects, embedded_file(kSubjects)).at(std::string(benchmark.name));
  const Json categories = tree.value("categories", Json::object());
  std::vector<Subject> subjects;
  for (const auto& item : tree.at("subjects").items()) {
    const auto subcategory = item.value().get<std::string>();
    subjects.push_back({item.key(), subcategory, category_of(categories, subcategory)});
  }
  return subjects;
}

}  // namespace c2c
