#include <gtest/gtest.h>

#include <limits>

#include "c2c/base/error.h"
#include "c2c/eval/grading/ideals.h"
#include "c2c/eval/grading/options.h"

namespace c2c::grading {
namespace {

TEST(Options, LengthsChangeTheChoice) {
  const std::vector<OptionScore> options = {option_score("a", -2, 1), option_score("abcd", -3, 2),
                                            option_score("ééé", -2.7, 3)};
  const OptionVerdict verdict = judge_options(options, 1);
  EXPECT_EQ(verdict.chosen.raw, 0u);
  EXPECT_EQ(verdict.chosen.by_characters, 1u);
  EXPECT_EQ(verdict.chosen.by_bytes, 2u);
  EXPECT_EQ(verdict.chosen.by_tokens, 2u);
  EXPECT_FALSE(verdict.acc);
  EXPECT_TRUE(verdict.acc_norm);
}

TEST(Options, TiesGoToTheFirst) {
  const std::vector<OptionScore> options = {option_score("ab", -1), option_score("cd", -1)};
  EXPECT_EQ(judge_options(options, 0).chosen.raw, 0u);
  EXPECT_EQ(judge_options(options, 0).chosen.by_bytes, 0u);
  const double never = -std::numeric_limits<double>::infinity();
  const std::vector<OptionScore> impossible = {option_score("ab", never), option_score("cd", never)};
  EXPECT_TRUE(judge_options(impossible, 0).acc);
}

TEST(Options, RefusesWhatCannotBeJudged) {
  const std::vector<OptionScore> options = {option_score("a", -1), option_score("b", -2)};
  EXPECT_THROW(judge_options(options, 2), Error);
  EXPECT_THROW(judge_options({}, 0), Error);
  const auto judge = [&](OptionScore odd) {
    const std::vector<OptionScore> two = {options[0], odd};
    return judge_options(two, 0);
  };
  EXPECT_THROW(judge(option_score("", -1)), Error);
  EXPECT_THROW(judge(option_score("b", std::numeric_limits<double>::quiet_NaN())), Error);
  EXPECT_THROW(judge(option_score("b", 1)), Error);
  EXPECT_THROW(judge(option_score("b", -1, 3)), Error);
}

TEST(Ideals, Kinds) {
  const std::vector<std::string> ideals = {"Paris", "the city of light"};
  EXPECT_TRUE(judge_ideals("Paris, France", ideals, IdealMatch::kStartsWith).correct);
  EXPECT_FALSE(judge_ideals(" Paris", ideals, IdealMatch::kStartsWith).correct);
  EXPECT_TRUE(judge_ideals(" Paris", ideals, IdealMatch::kStartsWith, {.strip = true}).correct);
  EXPECT_TRUE(judge_ideals("It is Paris", ideals, IdealMatch::kIncludes).correct);
  EXPECT_FALSE(judge_ideals("it is paris", ideals, IdealMatch::kIncludes).correct);
  EXPECT_TRUE(judge_ideals("it is paris", ideals, IdealMatch::kIncludes, {.ignore_case = true}).correct);
  EXPECT_EQ(judge_ideals("City of Light!", ideals, IdealMatch::kFuzzy).picked, "the city of light");
  EXPECT_TRUE(judge_ideals(" Paris\n", ideals, IdealMatch::kEquals).correct);
  EXPECT_FALSE(judge_ideals("Paris.", ideals, IdealMatch::kEquals).correct);
  EXPECT_THROW(judge_ideals("x", {}, IdealMatch::kEquals), Error);
  EXPECT_FALSE(ideal_match_named("fuzzy").has_value());
}

}  // namespace
}  // namespace c2c::grading
