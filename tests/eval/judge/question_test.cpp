#include "c2c/eval/judge/question.h"

#include <gtest/gtest.h>

#include "c2c/eval/tasks/prompts.h"

namespace c2c {
namespace {

SampleResult said(const std::string& reply, const std::string& truth = "42") {
  SampleResult result;
  result.method = "generate";
  result.reply = reply;
  result.truth = truth;
  return result;
}

TEST(JudgeQuestion, EachBenchmarkHasItsOwn) {
  EXPECT_EQ(judge_topic(find_benchmark("gsm8k")), JudgeTopic::kGsm8k);
  EXPECT_EQ(judge_topic(find_benchmark("math-500")), JudgeTopic::kMath);
  EXPECT_EQ(judge_topic(find_benchmark("gpqa")), JudgeTopic::kChoice);
  EXPECT_EQ(judge_topic(find_benchmark("longbench")), std::nullopt);
  const std::string math = judge_question(JudgeTopic::kMath, said("x")),
                    choice = judge_question(JudgeTopic::kChoice, said("x")),
                    gsm8k = judge_question(JudgeTopic::kGsm8k, said("x"));
  EXPECT_NE(math.find("from a math question"), math.npos);
  EXPECT_NE(choice.find("from a multiple choice question"), choice.npos);
  EXPECT_NE(gsm8k.find("86, 42"), gsm8k.npos);
}

TEST(JudgeQuestion, ThoughtsAreNotShown) {
  const std::string asked = judge_question(JudgeTopic::kMath, said("<think>it is 7</think>\n so 42 \n", "{{reply}}"));
  EXPECT_NE(asked.find("Model-generated answer: so 42\nReference answer: {{reply}}"), asked.npos) << asked;
  EXPECT_EQ(asked.find("it is 7"), asked.npos);
}

TEST(JudgeQuestion, WithoutThoughtsTheEndIsShown) {
  std::string reply;
  for (int i = 0; i < 1500; ++i) reply += i < 500 ? "é" : "ü";  // two bytes each: 1000 characters are 2000 bytes
  const std::string asked = judge_question(JudgeTopic::kMath, said(reply));
  EXPECT_EQ(asked.find("é"), asked.npos);
  const std::size_t begin = asked.find("ü");
  ASSERT_NE(begin, asked.npos);
  EXPECT_EQ(asked.rfind("ü") - begin, 2U * 999);
}

TEST(JudgeQuestion, AReplyThatWasCutOffIsShownWhole) {
  SampleResult result = said("first " + std::string(3000, 'x') + "</think> last");
  result.extra = {{"cut_off", true}};
  const std::string asked = judge_question(JudgeTopic::kMath, result);
  EXPECT_NE(asked.find("already correctly derived early"), asked.npos);
  EXPECT_NE(asked.find("first xxx"), asked.npos);
  EXPECT_NE(asked.find("Reference answer: 42\nModel-generated response: first"), asked.npos);
}

}  // namespace
}  // namespace c2c
