#include "c2c/eval/tasks/jieba.h"

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/longbench.h"
#include "tests/eval/tasks/tasks_testing.h"
#include "tests/testing/temporary_folder.h"

namespace c2c {
namespace {

using namespace c2c::testing;

fs::path real_jieba() {
  return deps_dir() / "jieba";
}

// What is cut with jieba's own dictionary. tests/eval/grading holds the rules to it with a dictionary of a few words.
TEST(Jieba, CutsAsThePackageCuts) {
  if (!fs::exists(real_jieba() / "dict.txt")) GTEST_SKIP() << "no jieba in " << real_jieba() << ": ./run fetch";
  const JiebaTables tables = load_jieba(real_jieba());
  const auto data = read_golden_json(tasks_data("jieba_cuts.json"));
  std::size_t compared = 0;
  for (const auto& row : data.at("cuts")) {
    std::vector<std::string> cut;
    for (const auto& word : tables.words->cut(to_utf32(row.at("text").get<std::string>())))
      cut.push_back(to_utf8(word));
    EXPECT_EQ(cut, row.at("words").get<std::vector<std::string>>()) << row.at("text");
    ++compared;
  }
  EXPECT_GT(compared, 400U);
}

// A package of three words.
fs::path small_package(const TemporaryFolder& folder, const std::string& name) {
  write(folder / name / "dict.txt", "北京 10 ns\n大学 8 n\n北京大学 5 nt\n");
  write(folder / name / "finalseg/prob_emit.py", "P={'B': {'\\u5317': -1.0}, 'E': {}, 'M': {}, 'S': {}}\n");
  return folder / name;
}

TEST(Jieba, APackageOrAFolderThatHoldsIt) {
  const TemporaryFolder folder;
  const JiebaTables direct = load_jieba(small_package(folder, "jieba")), inside = load_jieba(folder.path());
  EXPECT_EQ(direct.sha256, inside.sha256);
  EXPECT_EQ(direct.words->cut(U"北京大学"), (std::vector<std::u32string>{U"北京大学"}));
  write(folder / "jieba/dict.txt", "北京 10 ns\n大学 8 n\n");
  const JiebaTables other = load_jieba(folder.path());
  EXPECT_NE(other.sha256, direct.sha256);
  EXPECT_EQ(other.words->cut(U"北京大学"), (std::vector<std::u32string>{U"北京", U"大学"}));
}

TEST(Jieba, WhatIsMissingIsNamed) {
  const TemporaryFolder folder;
  expect_error([&] { load_jieba(folder / "nowhere"); }, {"nowhere", "no dict.txt", "./run fetch"}, 1);
  write(folder / "dict.txt", "北京 10 ns\n");
  expect_error([&] { load_jieba(folder.path()); }, {"no finalseg/prob_emit.py", "jieba"}, 1);
  write(folder / "finalseg/prob_emit.py", "P={'X': {'\\u5317': -1.0}}");
  expect_error([&] { load_jieba(folder.path()); }, {"prob_emit.py"}, 1);
}

TEST(Jieba, OnlyTasksThatCountWordsReadIt) {
  const TemporaryFolder folder;
  const std::string row = R"({"input": "q", "context": "c", "answers": ["北京"], "length": 1, "_id": "hand-made-trec-)";
  std::string rows;
  for (int i = 0; i < 12; ++i) rows += row + std::to_string(i) + "\"}\n";
  for (const char* name : {"dureader", "qasper"}) write(folder / "data" / (std::string(name) + ".jsonl"), rows);
  EvalTask task = task_of("longbench", folder.path());
  task.subjects = {"dureader", "qasper"};
  const TaskData characters = load_task(task);
  EXPECT_EQ(characters.chinese_tasks, (std::vector<std::string>{"dureader"}));
  EXPECT_EQ(characters.jieba.words, nullptr);
  task.jieba = (folder / "nowhere").string();
  expect_error([&] { load_task(task); }, {"nowhere", "dict.txt"}, 1);
  task.jieba = small_package(folder, "jieba").string();
  const TaskData words = load_task(task);
  ASSERT_NE(words.jieba.words, nullptr);
  EXPECT_EQ(words.fingerprint, characters.fingerprint);
  const std::vector<std::string> answers = {"北京大学"};
  const auto score = [&](const TaskData& data) {
    return grading::longbench_sample_score("dureader", "北京", answers,
                                           {.classes = {}, .words = data.jieba.words.get()});
  };
  EXPECT_GT(score(characters), 0.5);  // half of the characters
  EXPECT_EQ(score(words), 0);         // another word
  task.subjects = {"qasper"};
  task.jieba = (folder / "nowhere").string();
  EXPECT_TRUE(load_task(task).chinese_tasks.empty());
}

}  // namespace
}  // namespace c2c
