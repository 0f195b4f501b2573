#include "c2c/eval/results/summary.h"

#include <cmath>

#include "tests/eval/results/results_testing.h"

namespace c2c {
namespace {

using testing::make_result;

RunInfo run() {
  RunInfo info;
  info.systems = {{"receiver", "single"}, {"C2C", "c2c"}, {"control", "c2c", "", "C2C"}};
  info.tasks = {{"quiz"}};
  return info;
}

// 40 samples: the receiver is right on rows below 10, C2C below `c2c`, the control below `control`.
std::vector<SampleResult> results_of(int c2c, int control) {
  std::vector<SampleResult> results;
  for (int row = 0; row < 40; ++row) {
    results.push_back(make_result("C2C", row, row < c2c));
    results.push_back(make_result("control", row, row < control));
    results.push_back(make_result("receiver", row, row < 10));
  }
  return results;
}

const CellSummary& cell_of(const Summary& summary, const std::string& system) {
  const CellSummary* cell = summary.find(system, summary.columns.at(0));
  if (cell == nullptr) throw std::runtime_error("no cell of " + system);
  return *cell;
}

bool has_note(const Summary& summary, const std::string& part) {
  for (const std::string& note : summary.notes)
    if (note.find(part) != std::string::npos) return true;
  return false;
}

TEST(Summary, CountsAndGroups) {
  const Summary summary = summarize(results_of(30, 12), run());
  EXPECT_EQ(summary.systems, (std::vector<std::string>{"receiver", "C2C", "control"}));
  EXPECT_EQ(summary.baseline, "receiver");
  const CellSummary& cell = cell_of(summary, "C2C");
  EXPECT_EQ(cell.count, 40);
  EXPECT_DOUBLE_EQ(cell.score.value, 0.75);
  EXPECT_LT(cell.score.interval.low, 0.75);
  EXPECT_GT(cell.score.interval.high, 0.75);
  ASSERT_TRUE(cell.wilson.has_value());
  EXPECT_DOUBLE_EQ(cell.chance.value(), 0.25);
  ASSERT_EQ(cell.subjects.size(), 2u);
  EXPECT_EQ(cell.subjects[0].name, "law");
  EXPECT_EQ(cell.subjects[0].count, 20);
  EXPECT_DOUBLE_EQ(cell.subjects[0].score.value, 0.75);
  EXPECT_EQ(cell.categories[0].name, "STEM");
  EXPECT_DOUBLE_EQ(cell.prompt_tokens.p50, 59.5);
  EXPECT_DOUBLE_EQ(cell.total_ms.max, 54);
  EXPECT_FALSE(cell_of(summary, "receiver").against_baseline.has_value());
}

TEST(Summary, AGainThatTheControlDoesNotShareIsAGain) {
  const Summary summary = summarize(results_of(30, 12), run());
  const CellSummary& cell = cell_of(summary, "C2C");
  EXPECT_EQ(cell.against_baseline->higher, 20);
  EXPECT_NEAR(cell.against_baseline->p_value, std::ldexp(1.0, -19), 1e-12);
  EXPECT_EQ(cell.against_control->higher, 18);
  EXPECT_FALSE(cell.not_claimed);
  const std::string table = summary_table(summary);
  EXPECT_NE(table.find("75.0 [60.0, 87.5] *\n"), std::string::npos) << table;
  EXPECT_EQ(table.find("†"), std::string::npos);
}

TEST(Summary, AGainThatTheControlSharesIsNotClaimed) {
  const Summary summary = summarize(results_of(30, 29), run());
  EXPECT_TRUE(cell_of(summary, "C2C").not_claimed);
  EXPECT_TRUE(
      has_note(summary, "quiz generate: C2C is better than receiver (p < 0.0001) but not than control (p = 1)"));
  const std::string table = summary_table(summary);
  EXPECT_NE(table.find("75.0 [60.0, 87.5] †"), std::string::npos) << table;
  EXPECT_NE(table.find("the control shares it"), std::string::npos);
}

TEST(Summary, WhatAReaderMustKnowIsSaid) {
  std::vector<SampleResult> results = results_of(10, 10);
  results[0].error = "too long";  // C2C, row 0, which was right
  results.pop_back();             // the receiver's last
  RunInfo info = run();
  info.systems.pop_back();
  info.notes = {"3 malformed rows"};
  const Summary summary = summarize(results, info);
  EXPECT_TRUE(has_note(summary, "C2C: 1 of 40 samples could not be evaluated and count as wrong"));
  EXPECT_DOUBLE_EQ(cell_of(summary, "C2C").score.value, 9.0 / 40);
  EXPECT_TRUE(has_note(summary, "receiver has 39 of 40 samples"));
  EXPECT_EQ(cell_of(summary, "C2C").against_baseline->pairs, 39);
  EXPECT_TRUE(has_note(summary, "not to be told from guessing (25.0 %)"));
  EXPECT_TRUE(has_note(summary, "C2C has no control"));
  EXPECT_TRUE(has_note(summary, "3 malformed rows"));
}

TEST(Summary, CrossEntropyIsPerTokenAndByte) {
  std::vector<SampleResult> results;
  for (int row = 0; row < 12; ++row)
    for (const char* system : {"receiver", "C2C"}) {
      SampleResult r = make_result(system, row, 0);
      r.method = "cross_entropy";
      r.truth = "12345678";
      r.new_tokens = row % 2 == 0 ? 2 : 4;
      r.score = std::string(system) == "C2C" ? 4 : 6;
      results.push_back(r);
    }
  results[0].error = "lost";  // left out: there is no cross-entropy of nothing
  const Summary summary = summarize(results, run());
  const CellSummary& receiver = cell_of(summary, "receiver");
  EXPECT_DOUBLE_EQ(receiver.score.value, 66.0 / 34);
  EXPECT_DOUBLE_EQ(receiver.nats_per_byte->value, 0.75);
  EXPECT_FALSE(receiver.chance.has_value());
  const CellSummary& fused = cell_of(summary, "C2C");
  EXPECT_DOUBLE_EQ(fused.score.value, 48.0 / 36);
  EXPECT_EQ(fused.against_baseline->pairs, 11);
  EXPECT_NEAR(fused.against_baseline->difference, -0.25, 1e-12);
  EXPECT_TRUE(fused.is_better(fused.against_baseline, 0.05)) << "lower is better";
  EXPECT_TRUE(has_note(summary, "1 of 12 samples could not be evaluated and are left out"));
}

TEST(Summary, LengthNormalisedScoresHaveAColumn) {
  std::vector<SampleResult> results;
  for (int row = 0; row < 10; ++row) {
    results.push_back(make_result("receiver", row, row < 5));
    results.back().method = "loglikelihood";
    results.back().score_norm = row < 8;
  }
  const Summary summary = summarize(results, run());
  EXPECT_DOUBLE_EQ(cell_of(summary, "receiver").score_norm->value, 0.8);
  const std::string table = summary_table(summary, TableStyle::kMarkdown);
  EXPECT_NE(table.find("| quiz loglikelihood norm (n=10, %) |"), std::string::npos) << table;
  EXPECT_NE(table.find("| 80.0 [50.0, 100.0] "), std::string::npos) << table;
  EXPECT_NE(table.find("| (guessing) | 25.0 "), std::string::npos) << table;
}

TEST(Summary, MarkdownCellsHoldAnyName) {
  std::vector<SampleResult> results = {make_result("a|b\n<c>", 1, 1)};
  const std::string table = summary_table(summarize(results, {}), TableStyle::kMarkdown);
  EXPECT_NE(table.find("| a\\|b \\<c>"), std::string::npos) << table;
}

TEST(Summary, JsonHasEveryCell) {
  const nlohmann::ordered_json json = to_json(summarize(results_of(30, 12), run()));
  ASSERT_EQ(json["cells"].size(), 3u);
  const auto& cell = json["cells"][1];
  EXPECT_EQ(cell["system"], "C2C");
  EXPECT_EQ(cell["accuracy"]["value"], 0.75);
  EXPECT_EQ(cell["against_control"]["test"], "mcnemar_exact");
  EXPECT_EQ(cell["subjects"]["law"]["count"], 20);
  EXPECT_EQ(cell["latency_ms"]["total"]["max"], 54.0);
}

TEST(Summary, NoResultsNoTable) {
  const Summary summary = summarize({}, {});
  EXPECT_TRUE(summary.cells.empty());
  EXPECT_NE(summary_table(summary).find("system"), std::string::npos);
}

}  // namespace
}  // namespace c2c
