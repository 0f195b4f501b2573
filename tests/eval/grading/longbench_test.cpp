#include "c2c/eval/grading/longbench.h"

#include <gtest/gtest.h>

#include "c2c/base/error.h"

namespace c2c::grading {
namespace {

using Texts = std::vector<std::string>;

double sample(std::string_view task, std::string_view prediction, const Texts& answers, const Texts& classes = {}) {
  return longbench_sample_score(task, prediction, answers, {.classes = classes});
}

TEST(LongBench, BestAnswerCounts) {
  EXPECT_DOUBLE_EQ(sample("hotpotqa", "The Eiffel Tower!", {"Louvre", "eiffel tower"}), 1);
  EXPECT_DOUBLE_EQ(sample("hotpotqa", "x", {}), 0);
  EXPECT_DOUBLE_EQ(sample("hotpotqa_e", "red cat", {"red dog"}), 0.5);
}

TEST(LongBench, SomeTasksReadTheFirstLineOnly) {
  const Texts classes = {"Food", "Date"};
  EXPECT_DOUBLE_EQ(sample("trec", "\n\nFood\nDate", {"Food"}, classes), 1);
  EXPECT_DOUBLE_EQ(sample("trec", "Food Date", {"Food"}, classes), 0.5);
  EXPECT_DOUBLE_EQ(sample("triviaqa", "Paris\nLondon", {"Paris"}), 1);
  EXPECT_LT(sample("hotpotqa", "Paris\nLondon", {"Paris"}), 1);
}

TEST(LongBench, RetrievalAndCount) {
  EXPECT_DOUBLE_EQ(sample("passage_retrieval_en", "Paragraph 3, not 4", {"Paragraph 3"}), 0.5);
  EXPECT_DOUBLE_EQ(sample("passage_retrieval_zh", "段落12", {"段落12"}), 1);
  EXPECT_DOUBLE_EQ(sample("passage_count", "there are 7", {"7"}), 1);
  EXPECT_THROW(sample("passage_retrieval_en", "3", {"third"}), Error);
}

TEST(LongBench, CodeSkipsCommentsAndFences) {
  EXPECT_DOUBLE_EQ(sample("lcc", "\n```python\n# x\nreturn a", {"return a"}), 1);
  EXPECT_DOUBLE_EQ(sample("repobench-p", "# only", {"return a"}), 0);
}

TEST(LongBench, CharactersStandForWordsWithoutTables) {
  EXPECT_DOUBLE_EQ(sample("multifieldqa_zh", "北京。", {"北京"}), 1);
  EXPECT_DOUBLE_EQ(sample("multifieldqa_zh", "北海 GPT4", {"北京 gpt4"}), 2.0 / 3);
}

TEST(LongBench, UnknownTask) {
  EXPECT_THROW(sample("nothing", "x", {"y"}), Error);
  EXPECT_FALSE(longbench_metric("nothing").has_value());
  EXPECT_EQ(longbench_metric("vcsum"), LongBenchMetric::kRougeChinese);
}

TEST(LongBench, MalformedTables) {
  EXPECT_THROW(ChineseWords("word\n", ""), Error);
  EXPECT_THROW(ChineseWords("word -3\n", ""), Error);
  EXPECT_THROW(ChineseWords(std::string(300, 'x') + " 3 n\n", ""), Error);
  EXPECT_THROW(ChineseWords("a 1\n", "P={'B': {'\\u4e00': oops}}"), Error);
  EXPECT_THROW(ChineseWords("a 1\n", "P={'X': {'\\u4e00': -1}}"), Error);
}

TEST(LongBench, LongTextsEnd) {
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += "word" + std::to_string(i % 977) + " ";
  EXPECT_GT(sample("gov_report", text, {text}), 0.9);
  EXPECT_GE(sample("lcc", std::string(100'000, 'a') + "b", {std::string(100'000, 'a')}), 0);
}

}  // namespace
}  // namespace c2c::grading
