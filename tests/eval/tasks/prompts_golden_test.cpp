// Prompts as the reference writes them: the golden rows, and every benchmark's hand-made rows.
#include "c2c/eval/tasks/prompts.h"

#include <gtest/gtest.h>

#include <set>

#include "c2c/io/tables/arrow_module.h"
#include "tests/eval/tasks/tasks_testing.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;
using testing::tasks_data;

TEST(PromptsGolden, EveryRowToTheByte) {
  const Json rows = testing::read_golden_json(testing::golden_dir() / "eval/prompts.json");
  ASSERT_FALSE(rows.empty());
  const PromptSet prompts = load_prompts("c2c");
  for (const Json& row : rows) {
    const PromptStyle style{row.at("use_cot"), row.at("use_template"), grading::Mode::kExact};
    EXPECT_EQ(choice_prompt(prompts, style, row.at("question"), row.at("choices"), 4),
              row.at("prompt").get<std::string>())
        << row;
  }
}

const Json& expected() {
  static const Json tree = testing::read_golden_json(tasks_data("expected.json"));
  return tree;
}

// One benchmark's hand-made rows as its repository lays them out, or as JSON Lines.
struct Layout {
  std::string benchmark, folder;
  bool arrow = false;
};

class ReferenceRows : public ::testing::TestWithParam<Layout> {};

struct LayoutName {
  std::string operator()(const ::testing::TestParamInfo<Layout>& info) const {
    std::string name = info.param.folder;
    for (char& c : name)
      if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
    return name;
  }
};

void expect_row(const Json& row, const EvalSample& sample, const EvalTask& task) {
  EXPECT_EQ(sample.truth.text, row.at("truth").get<std::string>()) << sample.id;
  for (const Json& prompt : row.at("prompts")) {
    if (prompt.at("use_cot") != task.use_cot || prompt.at("use_template") != task.use_template) continue;
    ASSERT_EQ(sample.messages.size(), 1U);
    EXPECT_EQ(sample.messages[0].role, "user");
    EXPECT_EQ(sample.messages[0].content, prompt.at("prompt").get<std::string>()) << sample.id;
  }
}

void expect_subject(const Json& subject, const EvalTask& task) {
  const TaskData data = load_task(task);
  EXPECT_TRUE(data.bad.empty()) << data.bad.front().text();
  std::size_t at = 0;
  std::int64_t row_number = 0;
  for (const Json& row : subject.at("rows")) {
    const std::int64_t number = row_number++;
    if (row.at("truth").is_null()) continue;
    ASSERT_LT(at, data.samples.size()) << subject.at("subject") << " " << number;
    ASSERT_EQ(data.samples[at].row, number) << subject.at("subject");
    expect_row(row, data.samples[at++], task);
  }
  EXPECT_EQ(at, data.samples.size()) << "rows that the reference skips";
  EXPECT_EQ(data.rows, row_number);
}

TEST_P(ReferenceRows, TruthsAndPromptsAreTheReferences) {
  if (GetParam().arrow)
    if (const std::string problem = arrow_problem(); !problem.empty())
      GTEST_SKIP() << problem << "; C2C_ARROW=1 ./run setup, then build again";
  const Json& subjects = expected().at("benchmarks").at(GetParam().benchmark);
  ASSERT_FALSE(subjects.empty());
  for (const Json& subject : subjects)
    for (const bool cot : {false, true})
      for (const bool style : {false, true}) {
        EvalTask task = testing::task_of(GetParam().benchmark, tasks_data(GetParam().folder));
        if (find_benchmark(task.dataset).by_subject) task.subjects = {subject.at("subject")};
        if (task.dataset == "ceval") task.split = "val";
        task.use_cot = cot, task.use_template = style;
        expect_subject(subject, task);
      }
}

const Layout kLayouts[] = {
    {"mmlu-redux", "mmlu-redux", true},
    {"mmlu-redux", "mmlu-redux-jsonl"},
    {"mmmlu", "mmmlu"},
    {"gpqa", "gpqa"},
    {"math-500", "math-500"},
    {"gsm8k", "gsm8k", true},
    {"gsm8k", "gsm8k-jsonl"},
    {"openbookqa", "openbookqa", true},
    {"openbookqa", "openbookqa-jsonl"},
    {"ai2-arc", "ai2-arc", true},
    {"ai2-arc", "ai2-arc-jsonl"},
    {"mmlu-pro", "mmlu-pro", true},
    {"mmlu-pro", "mmlu-pro-jsonl"},
    {"ceval", "ceval"},
};
INSTANTIATE_TEST_SUITE_P(Layouts, ReferenceRows, ::testing::ValuesIn(kLayouts), LayoutName());

TEST(ReferenceTables, EveryBenchmarkHasRowsHere) {
  std::set<std::string> tested = {"longbench"};
  for (const Layout& layout : kLayouts) tested.insert(layout.benchmark);
  for (const auto& item : expected().at("configs").items()) EXPECT_TRUE(tested.contains(item.key())) << item.key();
}

TEST(ReferenceTables, RepositoriesSplitsSubjectsAndCategories) {
  for (const auto& item : expected().at("configs").items()) {
    const Json& config = item.value();
    const Benchmark& benchmark = find_benchmark(item.key());
    const std::string dataset = config.at("dataset_name");
    EXPECT_NE(std::find(benchmark.datasets.begin(), benchmark.datasets.end(), dataset), benchmark.datasets.end())
        << item.key() << " " << dataset;
    EXPECT_EQ(benchmark.split, config.at("test_split").get<std::string>()) << item.key();
    if (!benchmark.by_subject) continue;
    const std::vector<Subject> subjects = benchmark_subjects(benchmark);
    std::vector<std::string> names;
    for (const Subject& subject : subjects) names.push_back(subject.name);
    EXPECT_EQ(names, config.at("subjects").get<std::vector<std::string>>()) << item.key();
    const Json subcategories = config.value("subcategories", Json::object());
    if (subcategories.empty()) continue;
    for (const Subject& subject : subjects) {
      EXPECT_EQ(subcategories.at(subject.name), Json::array({subject.subcategory})) << subject.name;
      const Json& category = config.at("categories").at(subject.category);
      EXPECT_NE(std::find(category.begin(), category.end(), subject.subcategory), category.end()) << subject.name;
    }
  }
}

TEST(ReferenceTables, LongBench) {
  const Json& config = expected().at("configs").at("longbench");
  for (const bool extended : {false, true}) {
    std::vector<std::string> names;
    for (const Subject& subject : benchmark_subjects(find_benchmark("longbench"), extended))
      names.push_back(subject.name);
    auto wanted = config.at(extended ? "subjects_e" : "subjects").get<std::vector<std::string>>();
    if (extended)
      for (std::string& name : wanted) name += "_e";
    EXPECT_EQ(names, wanted);
  }
  for (const Json& subject : expected().at("longbench")) {
    const std::string name = subject.at("subject");
    // In mode exact LongBench-E is always all of its tasks.
    EvalTask task = testing::task_of("longbench", tasks_data("longbench"));
    task.subjects = {name};
    task.longbench_e = name.ends_with("_e");
    if (task.longbench_e) task = testing::fixed(task);
    const TaskData data = load_task(task);
    ASSERT_EQ(data.samples.size(), subject.at("rows").size()) << name;
    for (std::size_t i = 0; i < data.samples.size(); ++i) {
      const EvalSample& sample = data.samples[i];
      EXPECT_EQ(sample.row, subject.at("rows")[i].at("row"));
      EXPECT_EQ(sample.longbench.id, subject.at("rows")[i].at("id").get<std::string>());
      EXPECT_EQ(sample.messages.at(0).content, subject.at("rows")[i].at("prompt").get<std::string>());
    }
  }
}

}  // namespace
}  // namespace c2c
