// Rows of the known benchmarks as samples: what is left out, what is malformed, what is missing, which rows are asked.
#include "c2c/eval/tasks/load_task.h"

#include <gtest/gtest.h>

#include "tests/eval/tasks/tasks_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

using testing::expect_error;
using testing::fixed;
using testing::ids;
using testing::task_of;
using testing::tasks_data;
using testing::TemporaryFolder;
using testing::truths;
using testing::write;

using Rows = std::map<std::int64_t, std::string>;
using Counts = std::map<std::string, std::int64_t>;

EvalTask redux_task() {
  EvalTask task = task_of("mmlu-redux", tasks_data("mmlu-redux-jsonl"));
  task.subjects = {"anatomy"};
  return task;
}

TEST(MmluRedux, CorrectionsInModeFixed) {
  const TaskData data = load_task(fixed(redux_task()));
  EXPECT_EQ(truths(data), (Rows{{0, "B"}, {1, "A"}, {2, "D"}, {3, "C"}, {6, "A"}, {7, "B"}, {8, "C"}}));
  EXPECT_EQ(data.samples[4].truth.options, (std::vector<int>{0, 2}));
  EXPECT_EQ(data.samples[5].truth.options, (std::vector<int>{1, 3}));
  EXPECT_EQ(data.left_out, (Counts{{"error_type expert", 1},
                                   {"error_type no_correct_answer", 1},
                                   {"correct_answer that names no option", 2}}));
  EXPECT_EQ(data.options, 4);
  const EvalSample& sample = data.samples[0];
  EXPECT_EQ(sample.id, "anatomy/0");
  EXPECT_EQ(sample.subcategory, "health");
  EXPECT_EQ(sample.category, "other (business, health, misc.)");
  EXPECT_EQ(sample.question, "How many sides has a square?");
  EXPECT_EQ(sample.options, (std::vector<std::string>{"three", "four", "five", "six"}));
}

TEST(MmluRedux, OnlyTheseErrorTypes) {
  EvalTask task = redux_task();
  task.error_types = {"ok"};
  EXPECT_EQ(truths(load_task(task)), (Rows{{0, "B"}}));
}

TEST(MmluRedux, SubjectsInTheBenchmarksOrder) {
  EvalTask task = redux_task();
  task.subjects = {"virology", "anatomy"};
  const TaskData data = load_task(task);
  ASSERT_EQ(data.subjects.size(), 2U);
  EXPECT_EQ(data.subjects[0].name, "anatomy");
  EXPECT_EQ(data.samples.back().id, "virology/0");
  EXPECT_EQ(data.files.size(), 2U);
  task.subjects = {"virolgy"};
  expect_error([&] { load_task(task); }, {"mmlu-redux", "subjects", "virolgy", "did you mean virology?"}, 2);
}

TEST(Gsm8k, SeparatorsInModeFixed) {
  EXPECT_EQ(truths(load_task(fixed(task_of("gsm8k", tasks_data("gsm8k-jsonl"))))),
            (Rows{{0, "7"}, {1, "1080"}, {2, "70000"}, {3, "-4.50"}, {4, "twelve"}}));
  const TaskData data = load_task(task_of("math-500", tasks_data("math-500")));
  EXPECT_EQ(data.math, grading::MathTruth::kLatex);
  EXPECT_EQ(data.left_out, (Counts{{"no answer", 1}}));
  EXPECT_EQ(data.samples[1].category, "Algebra");
  EXPECT_TRUE(data.samples[1].options.empty());
}

TEST(Arc, LabelsInModeFixed) {
  const TaskData exact = load_task(task_of("ai2-arc", tasks_data("ai2-arc-jsonl")));
  EXPECT_EQ(exact.left_out, (Counts{{"answerKey 1 to 4 or E", 2}}));
  EXPECT_EQ(exact.options, 4);
  const TaskData data = load_task(fixed(task_of("ai2-arc", tasks_data("ai2-arc-jsonl"))));
  EXPECT_EQ(truths(data), (Rows{{0, "B"}, {1, "B"}, {2, "E"}, {3, "B"}}));
  EXPECT_EQ(data.options, 5);
}

TEST(MmluPro, TenOptionsAndCategories) {
  const TaskData data = load_task(task_of("mmlu-pro", tasks_data("mmlu-pro-jsonl")));
  EXPECT_EQ(data.options, 10);
  EXPECT_EQ(data.samples[2].options.size(), 10U);
  EXPECT_EQ(data.left_out, (Counts{{"no answer", 1}}));
  EvalTask task = fixed(task_of("mmlu-pro", tasks_data("mmlu-pro-jsonl")));
  task.subjects = {"math"};
  EXPECT_EQ(truths(load_task(task)), (Rows{{1, "C"}, {2, "I"}}));
}

TEST(Ceval, TheTestSplitHasNoAnswers) {
  EvalTask task = task_of("ceval", tasks_data("ceval"));
  task.subjects = {"accountant"};
  const TaskData exact = load_task(task);
  EXPECT_TRUE(exact.samples.empty());
  EXPECT_EQ(exact.left_out, (Counts{{"no answer", 1}}));
  const TaskData data = load_task(fixed(task));
  EXPECT_EQ(truths(data), (Rows{{0, "B"}, {1, "B"}}));
  EXPECT_EQ(data.samples[1].options.size(), 3U);
  EXPECT_EQ(data.samples[0].split, "val");
}

EvalTask longbench_task(const std::string& subject) {
  EvalTask task = task_of("longbench", tasks_data("longbench"));
  task.subjects = {subject};
  return task;
}

TEST(LongBench, WhatItsFilesCarry) {
  const TaskData data = load_task(longbench_task("trec"));
  ASSERT_EQ(data.samples.size(), 2U);
  const EvalSample& sample = data.samples[1];
  EXPECT_TRUE(sample.plain_text);
  EXPECT_EQ(sample.longbench.task, "trec");
  EXPECT_EQ(sample.longbench.classes, (std::vector<std::string>{"Number", "Date"}));
  EXPECT_EQ(sample.longbench.length, 16);
  EXPECT_EQ(sample.longbench.max_new_tokens, 64);
  EXPECT_EQ(sample.truth.kind, TruthKind::kLongBench);
  EXPECT_EQ(sample.truth.answers, (std::vector<std::string>{"answer 6", "another"}));
  EXPECT_FALSE(load_task(longbench_task("qasper")).samples[0].plain_text);
  EvalTask all = longbench_task("trec");
  all.longbench_all = true;
  EXPECT_EQ(load_task(all).samples.size(), 8U);
}

TEST(LongBench, PromptsAndLengthsOfOnesOwn) {
  const TemporaryFolder folder;
  EvalTask task = longbench_task("trec");
  task.longbench_prompts = write(folder / "p.json", R"({"trec": "{{x}} {input} of {dataset}"})").string();
  task.longbench_max_lengths = write(folder / "l.json", R"({"trec": 5})").string();
  const TaskData data = load_task(task);
  EXPECT_EQ(data.samples[0].messages[0].content, "{x} question 0? of trec");
  EXPECT_EQ(data.samples[0].longbench.max_new_tokens, 5);
  write(folder / "p.json", R"({"trec": "{inputs}"})");
  expect_error([&] { load_task(task); }, {"longbench", "malformed rows", "inputs", "at most 1 %"}, 1);
  write(folder / "p.json", R"({"trec": 3})");
  expect_error([&] { load_task(task); }, {"p.json", "trec", "a prompt"}, 2);
  write(folder / "l.json", R"({"trec": 0})");
  write(folder / "p.json", "{}");
  expect_error([&] { load_task(task); }, {"l.json", "trec", "a number of tokens"}, 2);
}

TEST(WantedRows, PartsAsTheReferenceCutsThem) {
  EvalTask task = task_of("gsm8k", tasks_data("gsm8k-jsonl"));
  const TaskData one = load_task(task);
  EXPECT_EQ(one.subjects.at(0).name, "SPLIT_0_OF_1");
  task.gpu_ids = {"0", "3"};
  const TaskData two = load_task(task);
  EXPECT_EQ(ids(two), ids(one));
  EXPECT_EQ(two.fingerprint, one.fingerprint);
  ASSERT_EQ(two.subjects.size(), 2U);
  EXPECT_EQ(two.samples[1].subject, "SPLIT_0_OF_2");
  EXPECT_EQ(two.samples[2].subject, "SPLIT_1_OF_2");
  task.limit.first = 1;  // of each part
  EXPECT_EQ(ids(load_task(task)), (std::vector<std::string>{"main/0", "main/2"}));
  task.subjects = {"SPLIT_1_OF_2"};
  EXPECT_EQ(ids(load_task(task)), (std::vector<std::string>{"main/2"}));
  task.subjects = {"main"};
  expect_error([&] { load_task(task); }, {"gsm8k", "subjects", "main", "SPLIT_0_OF_2 to SPLIT_1_OF_2"}, 2);
  EXPECT_EQ(load_task(fixed(task)).samples.size(), 1U);  // mode fixed knows no parts
}

TEST(WantedRows, IntervalAndLimits) {
  EvalTask task = task_of("gsm8k", tasks_data("gsm8k-jsonl"));
  task.sample_interval = 2;
  EXPECT_EQ(ids(load_task(task)), (std::vector<std::string>{"main/0", "main/2", "main/4"}));
  task.limit.first = 2;
  const TaskData two = load_task(task);
  EXPECT_EQ(ids(two), (std::vector<std::string>{"main/0", "main/2"}));
  EXPECT_EQ(two.rows, 2);
  task.limit = {.first = {}, .start = 1, .end = 4};
  const TaskData window = load_task(task);
  EXPECT_EQ(ids(window), (std::vector<std::string>{"main/2"}));
  EXPECT_NE(window.fingerprint, two.fingerprint);
  task.limit = {.first = {}, .start = 9, .end = {}};
  EXPECT_TRUE(load_task(task).samples.empty());
}

std::string choice_line(int number, const std::string& answer) {
  return R"({"question": "Q)" + std::to_string(number) + R"(", "choices": ["x", "y"], "answer": )" + answer + "}\n";
}

std::string choice_lines(int count, const std::map<int, std::string>& other) {
  std::string text;
  for (int i = 0; i < count; ++i) text += other.contains(i) ? other.at(i) : choice_line(i, "1");
  return text;
}

TEST(MalformedRows, AreCountedNamedAndLeftOut) {
  const TemporaryFolder folder;
  const auto path = write(folder / "quiz.jsonl", choice_lines(200, {{7, choice_line(7, "2")}, {150, "{\"question\n"}}));
  const TaskData data = load_task(task_of("multiple-choice", path));
  EXPECT_EQ(data.rows, 200);
  EXPECT_EQ(data.samples.size(), 198U);
  ASSERT_EQ(data.bad.size(), 2U);
  EXPECT_EQ(data.bad[0].row, 7);
  EXPECT_EQ(data.bad[0].field, "answer");
  EXPECT_EQ(data.bad[0].text(),
            path.string() + ", row 7: answer: found 2, expected one of the 2 options, A to B or 0 to 1");
  EXPECT_NE(data.bad[1].text().find("quiz.jsonl:151"), std::string::npos) << data.bad[1].text();
}

TEST(MalformedRows, MoreThanOnePercentStops) {
  const TemporaryFolder folder;
  const std::map<int, std::string> three = {
      {7, choice_line(7, "\"C\"")}, {50, choice_line(50, "-1")}, {150, "{\"question\": \"Q\", \"answer\": 0}\n"}};
  const auto path = write(folder / "quiz.jsonl", choice_lines(200, three));
  expect_error([&] { load_task(task_of("multiple-choice", path)); },
               {"multiple-choice", "3 malformed rows of 200", "row 7: answer: found \"C\"", "row 50: answer: found -1",
                "row 150", "at most 1 %"},
               1);
  EXPECT_EQ(load_task(task_of("multiple-choice", write(path, choice_lines(300, three)))).bad.size(), 3U);
}

TEST(MalformedRows, OfEveryBenchmark) {
  const TemporaryFolder folder;
  const auto expect_bad = [&](const std::string& benchmark, const std::string& row,
                              const std::vector<std::string>& parts) {
    const auto path = write(folder / "rows.jsonl", row + "\n");
    EvalTask task = task_of(benchmark, path);
    if (find_benchmark(benchmark).by_subject) task.subjects = {benchmark_subjects(find_benchmark(benchmark))[0].name};
    std::vector<std::string> all = parts;
    all.push_back("1 malformed rows of 1");
    expect_error([&] { load_task(task); }, all, 1);
  };
  const std::string four = R"("question": "q", "choices": ["1", "2", "3", "4"])";
  expect_bad("mmlu-redux", "{" + four + R"(, "answer": 4})", {"answer: found 4"});
  expect_bad("mmlu-redux", "{" + four + R"(, "answer": [1]})", {"answer: found [1]", "a whole number"});
  expect_bad("mmlu-redux", "{" + four + R"(, "answer": 1, "error_type": "wrong_groundtruth", "correct_answer": "7"})",
             {"correct_answer"});
  expect_bad("mmlu-redux", R"({"question": "q", "choices": "no", "answer": 0})", {"choices: found 1 options"});
  expect_bad("mmmlu", R"({"Question": "q", "A": "1", "B": "2", "C": "3", "D": "4", "Answer": "E"})", {"Answer"});
  expect_bad("mmmlu", R"({"Question": "q", "A": "1", "B": "2", "C": "3", "Answer": "A"})", {"D: found no such field"});
  expect_bad("gpqa", R"({"Question": "q", "Correct Answer": "x"})", {"Incorrect Answer 1: found no such field"});
  expect_bad("math-500", R"({"answer": "1"})", {"problem: found no such field"});
  expect_bad("gsm8k", R"({"question": "q", "answer": "it is 7"})", {"answer: found it is 7", "####"});
  expect_bad("gsm8k", R"({"question": "q", "answer": "####  "})", {"answer"});
  expect_bad("openbookqa", R"({"question_stem": "q", "choices": {"text": ["1", "2"], "label": ["A"]}})",
             {"choices: found 1 labels"});
  expect_bad("openbookqa", R"({"question_stem": "q", "choices": {"text": ["1", "2"]}, "answerKey": "C"})",
             {"answerKey: found \"C\""});
  expect_bad("ai2-arc", R"({"question": "q", "choices": [{"text": "1"}, {"text": 2}], "answerKey": "c"})",
             {"answerKey: found \"c\""});
  expect_bad("mmlu-pro", R"({"question": "q", "options": ["1", "2"], "answer": "C"})", {"answer: found \"C\""});
  expect_bad("ceval", R"({"question": "q", "A": "1", "B": "", "C": "3", "D": "4", "answer": "C"})",
             {"C: found \"3\"", "no option after an empty one"});
  const std::string id = R"("_id": "hand-made-qasper-4")";
  expect_bad("longbench", "{" + id + R"(, "input": "i", "context": "c", "answers": []})", {"answers"});
  expect_bad("longbench", "{" + id + R"(, "input": "i", "answers": ["a"]})", {"context: found no such field"});
}

TEST(MissingFiles, SayWhereTheyWereLookedForAndHowToGetThem) {
  const TemporaryFolder cache;
  const testing::ScopedVariable variable("HF_HUB_CACHE", cache.path().string());
  for (const Benchmark& benchmark : benchmarks()) {
    if (benchmark.datasets.empty()) continue;
    expect_error([&] { load_task(task_of(std::string(benchmark.name))); },
                 {"benchmark " + std::string(benchmark.name), benchmark.datasets[0], cache.path().string(),
                  "hf download " + benchmark.datasets[0] + " --repo-type dataset", "data_path"},
                 1);
  }
  expect_error([] { load_task(task_of("evals")); }, {"benchmark evals", "data_path", "pip download evals"}, 2);
  expect_error([] { load_task(task_of("chat", "/no/such/file.jsonl")); }, {"/no/such/file.jsonl", "JSONL file"}, 1);
  expect_error([] { load_task(task_of("gsm8k", "/no/such/folder")); }, {"/no/such/folder"}, 1);
  expect_error([&] { load_task(task_of("gpqa", tasks_data("gsm8k-jsonl"))); },
               {"configuration gpqa_diamond", "main/test.jsonl"}, 1);
  expect_error([] { load_task(task_of("gsm8")); }, {"dataset", "gsm8", "did you mean gsm8k?"}, 2);
}

TEST(HubCache, IsWhereBenchmarksAreLookedFor) {
  const TemporaryFolder cache;
  const testing::ScopedVariable variable("HF_HUB_CACHE", cache.path().string());
  const std::string commit(40, 'c');
  const fs::path folder = cache / "datasets--openai--gsm8k";
  write(folder / "refs/main", commit);
  fs::create_directories(folder / "snapshots");
  fs::copy(tasks_data("gsm8k-jsonl"), folder / "snapshots" / commit, fs::copy_options::recursive);
  EXPECT_EQ(load_task(task_of("gsm8k")).samples.size(), 5U);
  const fs::path longbench = cache / "datasets--THUDM--LongBench";
  write(longbench / "refs/main", commit);
  write(longbench / "snapshots" / commit / "data.zip", "PK");
  expect_error([&] { load_task(task_of("longbench")); }, {"unpack data.zip"}, 1);
}

TEST(OneFile, IsTheSubjectItsNameSays) {
  const auto ask = [](const std::string& file) {
    return load_task(task_of("mmmlu", tasks_data("mmmlu/test/" + file)));
  };
  EXPECT_EQ(ask("mmlu_SW-KE.csv").subjects.at(0).name, "SW_KE");
  const TemporaryFolder folder;
  fs::copy_file(tasks_data("mmmlu/test/mmlu_SW-KE.csv"), folder / "x.csv");
  EvalTask task = task_of("mmmlu", folder / "x.csv");
  expect_error([&] { load_task(task); }, {"x.csv", "subjects", "which subject of mmmlu"}, 2);
  task.subjects = {"AR_XY"};
  EXPECT_EQ(load_task(task).samples.at(0).id, "AR_XY/0");
}

TEST(Shots, StandBeforeTheQuestion) {
  EvalTask task = task_of("openbookqa", tasks_data("openbookqa-jsonl"));
  task.shots = 2;
  const TaskData data = load_task(task);
  const EvalSample& sample = data.samples.at(0);
  EXPECT_EQ(with_shots(sample).back().content,
            "The following are single choice questions (with answers) about main.\n\n"
            "Question: Ice is\nOptions:\nA. hot\nB. a gas\nC. solid\nD. loud\nAnswer: C\n\n"
            "Question: A plant makes food with\nOptions:\nA. light\nB. salt\nC. noise\nD. sand\nAnswer: A\n\n"
            "Question: A plant makes food with\nOptions:\nA. light\nB. salt\nC. noise\nD. sand\nAnswer: ");
  EXPECT_TRUE(sample.messages[0].content.starts_with("Accurately"));
  task.shots = 3;
  expect_error([&] { load_task(task); }, {"openbookqa", "shots", "2", "3"}, 1);
  EvalTask math = task_of("gsm8k", tasks_data("gsm8k-jsonl"));
  math.shots = 1;
  expect_error([&] { load_task(math); }, {"gsm8k", "shots"}, 2);
  const TemporaryFolder folder;
  EvalTask redux = redux_task();
  redux.shots = 1;
  redux.shots_path = write(folder / "dev.jsonl", choice_line(1, "0")).string();
  EXPECT_TRUE(load_task(redux).samples[0].shots.ends_with("Question: Q1\nOptions:\nA. x\nB. y\nAnswer: A\n\n"));
}

}  // namespace
}  // namespace c2c
