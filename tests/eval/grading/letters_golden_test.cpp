// The reference's extraction, letter for letter: the golden rows, and random mixtures of what its rules look at.
#include "c2c/eval/grading/letters.h"

#include <gtest/gtest.h>

#include "tests/eval/grading/grading_data.h"
#include "tests/testing/golden.h"

namespace c2c::grading {
namespace {

void expect_exact(const nlohmann::ordered_json& rows) {
  ASSERT_FALSE(rows.empty());
  for (const auto& row : rows) {
    const std::string text = row.at("text");
    const auto letter = extract_letter(text, Mode::kExact);
    const std::string expected = row.at("answer").is_null() ? "none" : row.at("answer").get<std::string>();
    EXPECT_EQ(letter ? std::string(1, *letter) : "none", expected) << text;
  }
}

TEST(LettersGolden, ReferenceExact) {
  expect_exact(testing::read_golden_json(testing::golden_dir() / "eval/answers.json"));
}
TEST(LettersGolden, ReferenceExactOnRandomMixtures) {
  expect_exact(testing::grading_data("letters"));
}

TEST(LettersGolden, ParseAnswer) {
  const auto rows = testing::read_golden_json(testing::golden_dir() / "eval/parse_answer.json");
  ASSERT_FALSE(rows.empty());
  for (const auto& row : rows) {
    if (!row.at("answer").is_string()) continue;
    std::vector<std::string> parsed;
    for (const char letter : parse_answer_digits(row.at("answer").get<std::string>())) parsed.emplace_back(1, letter);
    EXPECT_EQ(parsed, row.at("parsed").get<std::vector<std::string>>()) << row;
  }
}

}  // namespace
}  // namespace c2c::grading
