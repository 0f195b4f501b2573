#include "c2c/eval/grading/judge_verdict.h"

#include <gtest/gtest.h>

namespace c2c::grading {
namespace {

TEST(JudgeVerdict, WordsInCapitalsDecide) {
  for (const char* reply : {"YES", " YES.", "\"YES\"", "**YES**", "The answers agree, there is no doubt: YES", "Yes.",
                            "yes", "<think>NO, wait. YES or NO?</think>\nYES", "YES\nYES"})
    EXPECT_EQ(read_verdict(reply), true) << reply;
  for (const char* reply : {"NO", "no", "No, they differ.", "NO: yes would be 3", "<think>YES</think> NO"})
    EXPECT_EQ(read_verdict(reply), false) << reply;
}

TEST(JudgeVerdict, AnythingElseIsNone) {
  for (const char* reply : {"", "maybe", "NOT equivalent", "I cannot say yes", "YES or NO", "EYES", "YESNO", "NOé",
                            "<think>YES</think>", "true", "1"})
    EXPECT_EQ(read_verdict(reply), std::nullopt) << reply;
}

}  // namespace
}  // namespace c2c::grading
