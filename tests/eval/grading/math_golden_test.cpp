// Grades of math-verify: the agreement demanded of each class (right, wrong), and every miss is printed. 95 % of the
// golden rows, which may be another set; rows of our own may not get worse than they are.
#include "c2c/eval/grading/math.h"

#include <gtest/gtest.h>

#include <array>
#include <iostream>

#include "tests/eval/grading/grading_data.h"
#include "tests/testing/golden.h"

namespace c2c::grading {
namespace {

void expect_agreement(const nlohmann::ordered_json& rows, double least) {
  struct Class {
    const char* name;
    int rows = 0, agreed = 0;
  };
  std::array<Class, 2> classes = {Class{"wrong"}, Class{"right"}};
  for (const auto& row : rows) {
    const auto kind = math_truth(row.at("benchmark").get<std::string>());
    ASSERT_TRUE(kind.has_value()) << row.at("benchmark");
    const bool expected = row.at("correct").get<bool>();
    const MathVerdict verdict =
        grade_math(row.at("reply").get<std::string>(), row.at("gold").get<std::string>(), *kind);
    Class& of_row = classes[expected ? 1 : 0];
    ++of_row.rows;
    if (verdict.correct == expected) {
      ++of_row.agreed;
    } else {
      std::cout << "miss (" << of_row.name << "): truth " << row.at("gold") << ", reply " << row.at("reply")
                << ", math-verify read " << row.value("extracted", "?") << ", we " << verdict.answer << "\n";
    }
  }
  for (const Class& of_row : classes) {
    std::cout << of_row.name << ": " << of_row.agreed << " of " << of_row.rows << " agree\n";
    EXPECT_GT(of_row.rows, 0);
    EXPECT_GE(of_row.agreed, least * of_row.rows) << of_row.name;
  }
}

TEST(MathGolden, AgreesWithMathVerify) {
  expect_agreement(testing::read_golden_json(testing::golden_dir() / "eval/math.json"), 0.95);
}

// Other truths, phrasings and longer replies than the golden set has: what is general and what was fitted to it.
TEST(MathGolden, AgreesWithMathVerifyOnRandomReplies) {
  expect_agreement(testing::grading_data("math"), 1);
}

// Answers in the manner of MATH written one by one; among them what c2c does not compute (integrals, limits).
TEST(MathGolden, AgreesWithMathVerifyOnAnswersWrittenByHand) {
  expect_agreement(testing::grading_data("math_by_hand"), 0.97);
}

}  // namespace
}  // namespace c2c::grading
