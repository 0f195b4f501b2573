// Ideals as PyPI evals matches them and options as lm-eval chooses them; data/make_rows.py made the rows.
#include <gtest/gtest.h>

#include "c2c/eval/grading/ideals.h"
#include "c2c/eval/grading/options.h"
#include "tests/eval/grading/grading_data.h"

namespace c2c::grading {
namespace {

TEST(VerdictsGolden, Ideals) {
  for (const auto& row : testing::grading_data("ideals")) {
    const auto ideals = row.at("ideals").get<std::vector<std::string>>();
    const auto match = ideal_match_named(row.at("match").get<std::string>());
    ASSERT_TRUE(match.has_value());
    const IdealVerdict verdict = judge_ideals(row.at("reply").get<std::string>(), ideals, *match,
                                              {.ignore_case = row.at("ignore_case").get<bool>()});
    EXPECT_EQ(verdict.correct, row.at("correct").get<bool>()) << row;
    if (!row.at("f1").is_null()) {
      EXPECT_NEAR(verdict.f1, row.at("f1").get<double>(), 1e-12) << row;
    }
  }
}

TEST(VerdictsGolden, Options) {
  for (const auto& row : testing::grading_data("options")) {
    std::vector<OptionScore> options;
    for (std::size_t i = 0; i < row.at("texts").size(); ++i)
      options.push_back(
          option_score(row.at("texts")[i].get<std::string>(), row.at("log_likelihoods")[i].get<double>()));
    const OptionVerdict verdict = judge_options(options, row.at("truth").get<std::size_t>());
    EXPECT_EQ(verdict.acc, row.at("acc").get<bool>()) << row;
    EXPECT_EQ(verdict.acc_norm, row.at("acc_norm").get<bool>()) << row;
    EXPECT_EQ(verdict.acc_bytes, row.at("acc_bytes").get<bool>()) << row;
    EXPECT_NEAR(verdict.probability, row.at("probability").get<double>(), 1e-9) << row;
  }
}

}  // namespace
}  // namespace c2c::grading
