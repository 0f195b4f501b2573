// Means with their uncertainty, tests between two systems on the same samples, and distributions.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace c2c {

struct Interval {
  double low = 0, high = 0;
};

struct BootstrapOptions {
  double level = 0.95;
  int resamples = 2000;
  std::uint64_t seed = 42;  // the same numbers give the same interval, on every machine
};

// Percentile bootstrap of the mean, drawing samples. Values that are all 0 or 1 need no drawing: the number of ones in
// a resample is binomial, and its quantiles are taken as they are. Empty: {0, 0}.
Interval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options = {});
// The same for sum(numerators) / sum(denominators), drawing pairs; as cross-entropy per token is.
Interval bootstrap_ratio(std::span<const double> numerators, std::span<const double> denominators,
                         const BootstrapOptions& options = {});
// Wilson's score interval of successes/count: also sensible at 0 % and 100 %.
Interval wilson_interval(std::int64_t successes, std::int64_t count, double level = 0.95);

struct PairedTest {
  std::string test;                    // mcnemar_exact, wilcoxon_exact, wilcoxon_normal
  std::int64_t pairs = 0;              // samples that both systems have
  std::int64_t higher = 0, lower = 0;  // pairs in which the first is above, below the second
  double difference = 0;               // mean of first - second
  Interval interval;                   // of the difference, by bootstrap over pairs
  double p_value = 1;                  // two-sided
};

// Values that are all 0 or 1: McNemar's exact test (binomial on the pairs that differ). Others: Wilcoxon's signed ranks
// without the pairs that are equal; exact up to 50 differing pairs (ties included), else normal with tie correction and
// no continuity correction, as scipy does.
PairedTest paired_test(std::span<const double> first, std::span<const double> second,
                       const BootstrapOptions& options = {});
double mcnemar_exact(std::int64_t only_first, std::int64_t only_second);
double wilcoxon_signed_rank(std::span<const double> differences);

// Percentiles interpolate linearly; std is the population's. All zero when there are no values.
struct Distribution {
  std::int64_t count = 0;
  double mean = 0, std = 0, min = 0, p50 = 0, p90 = 0, p95 = 0, p99 = 0, max = 0;
};
Distribution distribution(std::span<const double> values);

}  // namespace c2c
