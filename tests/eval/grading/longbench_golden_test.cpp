// Scores of the packages that LongBench uses (rouge, fuzzywuzzy, jieba) on random texts; data/make_rows.py made them.
#include "c2c/eval/grading/longbench.h"

#include <gtest/gtest.h>

#include "c2c/base/utf8.h"
#include "tests/eval/grading/grading_data.h"

namespace c2c::grading {
namespace {

TEST(LongBenchGolden, WordsAsJiebaCutsThem) {
  const auto data = testing::grading_data("longbench");
  const ChineseWords words(data.at("dictionary").get<std::string>(), data.at("emissions").get<std::string>());
  for (const auto& row : data.at("cuts")) {
    std::vector<std::string> cut;
    for (const auto& word : words.cut(to_utf32(row.at("text").get<std::string>()))) cut.push_back(to_utf8(word));
    EXPECT_EQ(cut, row.at("words").get<std::vector<std::string>>()) << row.at("text");
  }
}

TEST(LongBenchGolden, ScoresAsThePackagesGiveThem) {
  const auto data = testing::grading_data("longbench");
  const ChineseWords words(data.at("dictionary").get<std::string>(), data.at("emissions").get<std::string>());
  const auto metric_named = [](const std::string& name) {
    for (int i = 0; i <= static_cast<int>(LongBenchMetric::kCodeSimilarity); ++i)
      if (longbench_metric_name(static_cast<LongBenchMetric>(i)) == name) return static_cast<LongBenchMetric>(i);
    throw std::runtime_error("unknown metric " + name);
  };
  for (const auto& row : data.at("rows")) {
    const auto classes = row.at("classes").get<std::vector<std::string>>();
    const double score = longbench_score(metric_named(row.at("metric")), row.at("prediction").get<std::string>(),
                                         row.at("answer").get<std::string>(), {.classes = classes, .words = &words});
    EXPECT_NEAR(score, row.at("score").get<double>(), 1e-12) << row;
  }
}

}  // namespace
}  // namespace c2c::grading
