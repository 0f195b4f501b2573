// Expected numbers are scipy's (1.17.1) and numpy's, from the calls named beside them.
#include "c2c/eval/results/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace c2c {
namespace {

std::vector<double> ones_of(int ones, int count) {
  std::vector<double> values(static_cast<std::size_t>(count), 0.0);
  std::fill_n(values.begin(), ones, 1.0);
  return values;
}

TEST(Statistics, McNemarIsTheExactBinomial) {  // binomtest(b, b + c, 0.5).pvalue
  EXPECT_EQ(mcnemar_exact(0, 0), 1);
  EXPECT_NEAR(mcnemar_exact(1, 0), 1, 1e-12);
  EXPECT_NEAR(mcnemar_exact(3, 12), 0.03515625, 1e-12);
  EXPECT_NEAR(mcnemar_exact(10, 4), 0.1795654296875, 1e-12);
  EXPECT_NEAR(mcnemar_exact(250, 190), 0.004856216684599655, 1e-12);
  EXPECT_NEAR(mcnemar_exact(700, 650), 0.1823103494670065, 1e-10);
}

TEST(Statistics, WilcoxonOfFewIsExact) {
  // wilcoxon(x, method="exact")
  EXPECT_NEAR(wilcoxon_signed_rank(std::vector<double>{1.2, -0.4, 3.1, 2.2, -1.7, 0.9, 4.4, -0.2, 2.8, 1.1}),
              0.064453125, 1e-12);
  // With ties and zeros: every one of the 2^11 signs counted in Python.
  EXPECT_NEAR(wilcoxon_signed_rank(std::vector<double>{1, 1, -1, 2, 2, 3, -2, 4, 5, -1, 0, 0, 6}), 0.0556640625, 1e-12);
  EXPECT_EQ(wilcoxon_signed_rank(std::vector<double>{0, 0}), 1);
  EXPECT_EQ(wilcoxon_signed_rank({}), 1);
}

TEST(Statistics, WilcoxonOfManyIsNormal) {  // wilcoxon(y, method="asymptotic", correction=False)
  std::vector<double> differences;
  for (int i = 0; i < 120; ++i) differences.push_back((i * 37 % 101 - 45) / 10.0);
  EXPECT_NEAR(wilcoxon_signed_rank(differences), 0.1182890194497773, 1e-12);
}

TEST(Statistics, Wilson) {  // binomtest(k, n).proportion_ci(method="wilson")
  const auto expect = [](int successes, int count, double low, double high) {
    const Interval interval = wilson_interval(successes, count);
    EXPECT_NEAR(interval.low, low, 1e-9);
    EXPECT_NEAR(interval.high, high, 1e-9);
  };
  expect(8, 10, 0.4901624715366418, 0.9433178485456248);
  expect(0, 20, 0, 0.16112515805281935);
  expect(20, 20, 0.8388748419471808, 1);
  expect(123, 200, 0.5459986722024608, 0.6796669027307678);
}

TEST(Statistics, BootstrapOfHitsIsTheBinomial) {  // scipy.stats.bootstrap, 200,000 resamples: 0.545, 0.68
  const Interval interval = bootstrap_mean(ones_of(123, 200));
  EXPECT_DOUBLE_EQ(interval.low, 0.545);
  EXPECT_DOUBLE_EQ(interval.high, 0.68);
  EXPECT_EQ(bootstrap_mean(ones_of(0, 20)).high, 0);
  EXPECT_EQ(bootstrap_mean(ones_of(20, 20)).low, 1);
  const Interval large = bootstrap_mean(ones_of(7000, 14000));
  EXPECT_NEAR(large.low, 0.5 - 1.959964 * std::sqrt(0.25 / 14000), 1e-4);
  EXPECT_NEAR(large.high, 0.5 + 1.959964 * std::sqrt(0.25 / 14000), 1e-4);
}

TEST(Statistics, BootstrapOfOtherValues) {  // scipy.stats.bootstrap, 500,000 resamples, method="percentile"
  const std::vector<double> values = {0.1, 0.9, 0.35, 0.6, 0.2, 0.75, 1.0, 0.0, 0.45, 0.5};
  const Interval mean = bootstrap_mean(values, {.resamples = 100000});
  EXPECT_NEAR(mean.low, 0.29, 0.006);
  EXPECT_NEAR(mean.high, 0.68, 0.006);
  const std::vector<double> above = {10, 3, 8, 20, 5}, below = {5, 2, 2, 8, 4};
  const Interval ratio = bootstrap_ratio(above, below, {.resamples = 100000});
  EXPECT_NEAR(ratio.low, 1.5294, 0.02);
  EXPECT_NEAR(ratio.high, 2.8462, 0.04);
}

TEST(Statistics, BootstrapIsTheSameEveryTime) {
  const std::vector<double> values = {0.1, 0.9, 0.35, 0.6};
  const Interval first = bootstrap_mean(values), second = bootstrap_mean(values);
  EXPECT_EQ(first.low, second.low);
  EXPECT_EQ(first.high, second.high);
  EXPECT_NE(bootstrap_mean(values, {.resamples = 50, .seed = 1}).low,
            bootstrap_mean(values, {.resamples = 50, .seed = 2}).low);
}

TEST(Statistics, PairedTestChoosesByTheValues) {
  const std::vector<double> first = {1, 1, 1, 0, 0, 1}, second = {0, 0, 1, 0, 1, 1};
  const PairedTest hits = paired_test(first, second);
  EXPECT_EQ(hits.test, "mcnemar_exact");
  EXPECT_EQ(hits.pairs, 6);
  EXPECT_EQ(hits.higher, 2);
  EXPECT_EQ(hits.lower, 1);
  EXPECT_NEAR(hits.difference, 1.0 / 6, 1e-12);
  EXPECT_NEAR(hits.p_value, 1, 1e-12);
  EXPECT_LT(hits.interval.low, 0);
  const PairedTest metric = paired_test(std::vector<double>{0.5, 0.6, 1}, std::vector<double>{0.4, 0.4, 0.4});
  EXPECT_EQ(metric.test, "wilcoxon_exact");
  EXPECT_NEAR(metric.p_value, 0.25, 1e-12);
  EXPECT_EQ(paired_test({}, {}).p_value, 1);
}

TEST(Statistics, DistributionIsNumpys) {  // mean, std, percentile(50, 90, 95, 99)
  const Distribution d = distribution(std::vector<double>{5, 1, 9, 3.5, 7, 2, 8.25, 100});
  EXPECT_EQ(d.count, 8);
  EXPECT_DOUBLE_EQ(d.mean, 16.96875);
  EXPECT_NEAR(d.std, 31.4976282589261, 1e-10);
  EXPECT_EQ(d.min, 1);
  EXPECT_DOUBLE_EQ(d.p50, 6);
  EXPECT_NEAR(d.p90, 36.3, 1e-10);
  EXPECT_NEAR(d.p95, 68.15, 1e-10);
  EXPECT_NEAR(d.p99, 93.63, 1e-10);
  EXPECT_EQ(d.max, 100);
  EXPECT_EQ(distribution({}).count, 0);
}

}  // namespace
}  // namespace c2c
