#include "c2c/eval/tasks/evals_registry.h"

#include <gtest/gtest.h>

#include "tests/eval/tasks/tasks_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

using testing::expect_error;
using testing::task_of;
using testing::TemporaryFolder;
using testing::write;

constexpr const char* kSet = "quiz:\n  id: quiz.dev.v0\nquiz.dev.v0:\n";

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    write(folder_ / "data/quiz/samples.jsonl", R"({"input": "q", "ideal": "a"})");
    write(folder_ / "data/quiz/few.jsonl",
          R"({"sample": [{"role": "system", "name": "example_user", "content": "q1"}, )"
          R"({"role": "system", "name": "example_assistant", "content": "a1"}]})"
          "\n"
          R"({"sample": [{"role": "user", "content": "q2"}, {"role": "assistant", "content": "a2"}]})");
  }
  EvalsSet define(const std::string& body, const std::string& set = "quiz") {
    write(folder_ / "evals/quiz.yaml", kSet + body);
    return find_evals_set(folder_.path(), set);
  }
  TemporaryFolder folder_;
};

TEST_F(RegistryTest, ClassesAndArguments) {
  const EvalsSet match =
      define("  class: evals.elsuite.basic.match:Match\n  args: {samples_jsonl: quiz/samples.jsonl}\n");
  EXPECT_EQ(match.match, grading::IdealMatch::kStartsWith);
  EXPECT_EQ(match.samples, folder_ / "data/quiz/samples.jsonl");
  EXPECT_FALSE(match.ignore_case);
  const EvalsSet includes = define(
      "  class: evals.elsuite.basic.includes:Includes\n"
      "  args: {samples_jsonl: quiz/samples.jsonl, ignore_case: true, num_few_shot: 2, few_shot_jsonl: "
      "quiz/few.jsonl}\n");
  EXPECT_EQ(includes.match, grading::IdealMatch::kIncludes);
  EXPECT_TRUE(includes.ignore_case);
  EvalTask task = task_of("evals", folder_.path());
  task.set = "quiz";
  const TaskData data = load_task(task);
  const Messages& messages = data.samples.at(0).messages;
  ASSERT_EQ(messages.size(), 5U);
  EXPECT_EQ(messages[0].content, "q1");
  EXPECT_EQ(messages[1].role, "assistant");
  EXPECT_EQ(messages[4].content, "q");
  EXPECT_TRUE(data.ideal_options.ignore_case);
  task.match = "fuzzy_match";
  EXPECT_EQ(load_task(task).match, grading::IdealMatch::kFuzzy);
  // The file alone, and the entry by its whole name.
  task.data_path = (folder_ / "evals/quiz.yaml").string();
  task.set = "";
  EXPECT_EQ(load_task(task).samples.size(), 1U);
  EXPECT_EQ(find_evals_set(folder_ / "evals/quiz.yaml", "quiz.dev.v0").samples, match.samples);
}

TEST_F(RegistryTest, WhatIsWrongIsNamed) {
  const std::string match = "  class: evals.elsuite.basic.match:Match\n";
  expect_error([&] { define("  class: evals.elsuite.modelgraded.classify:ModelBasedClassify\n"); },
               {"quiz.yaml (quiz.dev.v0)", "ModelBasedClassify", "Match, Includes or FuzzyMatch"}, 1);
  expect_error([&] { define(match); }, {"samples_jsonl"}, 1);
  expect_error([&] { define(match + "  args: {samples_jsonl: quiz/none.jsonl}\n"); }, {"no file", "quiz/none.jsonl"},
               1);
  for (const char* outside : {"../../x.jsonl", "/etc/passwd", "gs://bucket/x.jsonl", "quiz/../../x"})
    expect_error([&] { define(match + "  args: {samples_jsonl: '" + outside + "'}\n"); },
                 {outside, "a file of the registry's data folder"}, 1);
  expect_error([&] { define(match, "quizz"); }, {"quizz", "no such set", "did you mean quiz?"}, 1);
  expect_error([&] { define(match, ""); }, {"set", "the name of a set"}, 2);
  expect_error([&] { find_evals_set(write(folder_ / "evals/l.yaml", "[1]"), ""); }, {"l.yaml", "no map"}, 1);
  expect_error([&] { find_evals_set(write(folder_ / "evals/two.yaml", "a:\n  id: a.v0\nb:\n  id: b.v0\n"), ""); },
               {"two.yaml", "one of a, b"}, 2);
  expect_error([&] { find_evals_set(folder_ / "evals/two.yaml", "a"); }, {"a.v0", "no such set"}, 1);
}

// The sets that PyPI packs; counts by Python.
struct PackedSet {
  const char* name;
  std::size_t samples;
  grading::IdealMatch match;
  std::size_t shots;
};

TEST(EvalsPackage, FiveOfItsSets) {
  const fs::path registry = testing::deps_dir() / "evals-pkg/x/evals/registry";
  if (!fs::exists(registry))
    GTEST_SKIP() << "no " << registry.string()
                 << "; pip download evals==3.0.1.post1 --no-deps -d evals-pkg there, and unzip it into evals-pkg/x";
  const PackedSet sets[] = {{"logiqa", 1354, grading::IdealMatch::kStartsWith, 0},
                            {"medmcqa", 300, grading::IdealMatch::kStartsWith, 0},
                            {"fcc_amateur_extra", 591, grading::IdealMatch::kStartsWith, 0},
                            {"cissp-study-questions", 143, grading::IdealMatch::kStartsWith, 4},
                            {"german-exams-qa", 575, grading::IdealMatch::kIncludes, 0}};
  for (const PackedSet& set : sets) {
    EvalTask task = task_of("evals", registry);
    task.set = set.name;
    const TaskData data = load_task(task);
    EXPECT_EQ(data.samples.size(), set.samples) << set.name;
    EXPECT_TRUE(data.bad.empty());
    EXPECT_EQ(data.match, set.match) << set.name;
    std::size_t with_options = 0;
    for (const EvalSample& sample : data.samples) {
      EXPECT_EQ(sample.messages.size(), 2 + 2 * set.shots) << set.name;
      if (sample.options.empty()) continue;
      ++with_options;
      ASSERT_EQ(sample.replies.size(), sample.options.size());
      // What the right option's reply is must be the ideal itself.
      EXPECT_EQ(sample.replies.at(static_cast<std::size_t>(sample.truth.options.at(0))), sample.truth.text);
    }
    // A handful of questions list their options in the running text.
    EXPECT_GE(with_options * 100, set.samples * 95) << set.name << " " << with_options;
  }
}

}  // namespace
}  // namespace c2c
