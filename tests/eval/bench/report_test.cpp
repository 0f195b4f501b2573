#include "c2c/eval/bench/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>

namespace c2c::bench {
namespace {

Row row(const std::string& who, const std::string& what, std::int64_t turn, std::vector<double> seconds) {
  return {.who = who,
          .what = what,
          .weights = who == "c2c" ? "bf16" : "other",
          .threads = 2,
          .prompt = 512,
          .new_tokens = 8,
          .turn = turn,
          .tokens = 1,
          .samples = {std::move(seconds)}};
}

// One of everything.
Report full_report() {
  Report report;
  report.version = "c2c";
  report.rivals["llama.cpp"] = {{"package", "p"}, {"system", "s"}};
  report.ceilings = {{.threads = 2,
                      .read_bytes_per_second = 40e9,
                      .gemm = {{"bf16", "LibTorch", 2048, 400e9}, {"bf16", "c2c", 2048, 300e9}}}};
  report.models = {{"receiver", "m", "bf16", 100, 200}};
  report.rows = {row("c2c", "decode", 1, {0.02, 0.01, 0.03}), row("llama.cpp", "decode", 1, {0.04}),
                 row("llama.cpp", "decode", 2, {0.4})};
  report.rows[0].bytes = 0.2e9;
  report.rows.push_back(row("c2c", "prefill", 1, {0.5}));
  report.rows.back().flops = 100e9;
  report.memory = {{"bf16", 512, 1000, 200, 300, 90 << 20}};
  report.quality = {{"c2c", "fused", "bf16", {{20, 10}, {40, 10}}}, {"c2c", "fused", "q8", {{21, 10}, {42, 10}}}};
  report.left_out = {{"a", "b"}};
  return report;
}

double ratio(const Report& report, const std::string& what, const std::string& against) {
  for (const Ratio& ratio : ratios_of(report))
    if (ratio.what == what && ratio.against == against) return ratio.value;
  return -1;
}

TEST(SamplesTest, MedianAndMinimum) {
  EXPECT_EQ(Samples{}.median(), 0);
  EXPECT_EQ(Samples{}.minimum(), 0);
  EXPECT_EQ((Samples{{3, 1, 2}}.median()), 2);
  EXPECT_EQ((Samples{{4, 1, 2, 3}}.median()), 2.5);
  EXPECT_EQ((Samples{{3, 1, 2}}.minimum()), 1);
}

TEST(SamplesTest, ContendersTakeTurnsAfterAWarmUp) {
  std::string order;
  const auto contender = [&](const std::string& name) {
    return Contender{name, [&order, name] { return order += name, Parts{{"part", 1.0}}; }};
  };
  const auto results = take_turns({contender("a"), contender("b")}, {.count = 2});
  EXPECT_EQ(order, "ababab");
  EXPECT_EQ(results.at("a").at("part").seconds.size(), 2u);
  order.clear();
  take_turns({contender("a")}, {.count = 100, .seconds = 0});
  EXPECT_EQ(order, "aa");  // no time at all: the warm-up and one round
}

TEST(RatiosTest, SharesOfCeilings) {
  const Report report = full_report();
  EXPECT_DOUBLE_EQ(ratio(report, "decode", "read bandwidth"), 0.2e9 / 0.02 / 40e9);
  EXPECT_DOUBLE_EQ(ratio(report, "prefill", "GEMM peak"), 100e9 / 0.5 / 400e9);  // the better of the two products
  Report other = report;
  other.ceilings[0].threads = 1;
  EXPECT_EQ(ratio(other, "decode", "read bandwidth"), -1);
}

TEST(RatiosTest, ASweepOfTheSameTurnIsTheBetterMeasure) {
  Report report = full_report();
  report.rows.push_back(row("machine", kReadSweep, 1, {0.01}));
  report.rows.back().bytes = 0.5e9;
  EXPECT_DOUBLE_EQ(ratio(report, "decode", "read bandwidth"), 0.2e9 / 0.02 / 50e9);
  report.rows.back().turn = 2;
  EXPECT_DOUBLE_EQ(ratio(report, "decode", "read bandwidth"), 0.2e9 / 0.02 / 40e9);
}

TEST(RatiosTest, RivalsOfTheSameTurn) {
  const Report report = full_report();
  EXPECT_DOUBLE_EQ(ratio(report, "decode", "llama.cpp"), 2.0);
  const auto ratios = ratios_of(report);
  EXPECT_EQ(std::count_if(ratios.begin(), ratios.end(), [](const Ratio& r) { return r.against == "llama.cpp"; }), 1);
}

TEST(RatiosTest, AgainstOurselves) {
  Report report;
  report.rows = {row("c2c", "c2c_answer", 1, {1.0}),     row("c2c", "text_to_text_answer", 1, {2.5}),
                 row("c2c", "requests", 2, {0.02}),      row("c2c", "requests", 2, {0.005}),
                 row("c2c", "requests_whole", 2, {2}),   row("c2c", "requests_whole", 2, {4}),
                 row("c2c", "first_question", 3, {0.8}), row("c2c", "second_question", 3, {0.1})};
  report.rows[3].requests = report.rows[5].requests = 8;
  report.rows[4].tokens = 100;
  report.rows[5].tokens = 800;
  EXPECT_DOUBLE_EQ(ratio(report, "c2c_answer", "text-to-text"), 2.5);
  EXPECT_DOUBLE_EQ(ratio(report, "requests", "one request"), 4.0);
  EXPECT_DOUBLE_EQ(ratio(report, "requests_whole", "one request"), 4.0);
  EXPECT_DOUBLE_EQ(ratio(report, "second_question", "first question"), 8.0);
}

TEST(RatiosTest, MemoryBound) {
  const MemoryRow memory{.weight_bytes = 1000, .cache_bytes = 200, .baseline_bytes = 300, .peak_bytes = 5};
  EXPECT_EQ(memory.bound_bytes(), 1380 + 300 + (100 << 20));
  const Report report = full_report();
  EXPECT_NEAR(ratio(report, "peak_memory", "memory bound"), 0.9, 0.001);
}

TEST(QualityTest, LossesArePairedTextByText) {
  const Report report = full_report();
  EXPECT_DOUBLE_EQ(report.quality[0].nats(), 3.0);
  EXPECT_EQ(report.quality[0].tokens(), 20);
  const auto losses = quality_losses(report);
  ASSERT_EQ(losses.size(), 1u);
  EXPECT_EQ(losses[0].weights + " " + losses[0].against, "q8 bf16");
  EXPECT_NEAR(losses[0].percent, 5.0, 1e-9);                            // 3 of 60
  EXPECT_NEAR(losses[0].error, 100.0 / 60 * std::sqrt(2 * 0.5), 1e-9);  // differences 1 and 2
}

TEST(ReportTest, TheTableShowsEveryPart) {
  const std::string table = to_table(full_report());
  for (const char* part : {"read 40.0 GB/s", "GEMM bf16 by LibTorch 400", "llama.cpp", "peak 90 of", "left out: a: b",
                           "read bandwidth", "0.25"})
    EXPECT_NE(table.find(part), std::string::npos) << part << "\n" << table;
}

// Dotted keys of an object; a list's elements as "[]".
void collect(const nlohmann::ordered_json& json, const std::string& prefix, std::set<std::string>& keys) {
  for (const auto& item : json.items()) {
    const std::string key = json.is_array() ? prefix + "[]" : prefix + (prefix.empty() ? "" : ".") + item.key();
    if (!json.is_array()) keys.insert(key);
    if (key == "rivals") continue;  // what others say about themselves
    if (item.value().is_structured()) collect(item.value(), key, keys);
  }
}

TEST(ReportTest, DocumentedKeysAreTheKeys) {
  std::set<std::string> keys, documented;
  collect(to_json(full_report()), "", keys);
  std::ifstream page("docs/benchmarks.md");
  ASSERT_TRUE(page) << "run from the source folder";
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("| `")) documented.insert(line.substr(3, line.find('`', 3) - 3));
  EXPECT_EQ(keys, documented);
}

}  // namespace
}  // namespace c2c::bench
