#include "c2c/eval/results/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "c2c/base/error.h"

namespace c2c {

namespace {

// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine, which std's distributions are not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::size_t below(std::size_t count) {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    // The upper half of the product; its bias, count / 2^64, is nothing beside the resampling error.
    return static_cast<std::size_t>((static_cast<unsigned __int128>(z) * count) >> 64);
  }

 private:
  std::uint64_t state_;
};

bool is_binary(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return v == 0 || v == 1; });
}

double log_binomial(std::int64_t n, std::int64_t k) {
  const auto of = [](std::int64_t m) { return std::lgamma(static_cast<double>(m) + 1); };
  return of(n) - of(k) - of(n - k);
}

// Linear interpolation between the two nearest ranks, as numpy's default. `sorted` is not empty.
double percentile(std::span<const double> sorted, double fraction) {
  const double place = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double rest = place - static_cast<double>(below);
  if (rest == 0) return sorted[below];
  return sorted[below] + rest * (sorted[below + 1] - sorted[below]);
}

Interval binomial_bootstrap(std::int64_t successes, std::int64_t count, double level) {
  const double share = static_cast<double>(successes) / static_cast<double>(count);
  if (successes == 0 || successes == count) return {share, share};
  Interval interval{0, 1};
  const double tail = (1 - level) / 2;
  double below = 0;  // P(ones in a resample < k)
  for (std::int64_t k = 0; k <= count; ++k) {
    const double mass = std::exp(log_binomial(count, k) + static_cast<double>(k) * std::log(share) +
                                 static_cast<double>(count - k) * std::log1p(-share));
    const double here = static_cast<double>(k) / static_cast<double>(count);
    if (below < tail && below + mass >= tail) interval.low = here;
    if (below < 1 - tail && below + mass >= 1 - tail) interval.high = here;
    below += mass;
  }
  return interval;
}

double normal_upper_tail(double z) {
  return 0.5 * std::erfc(z / std::sqrt(2.0));
}

double normal_quantile_two_sided(double level) {
  double low = 0, high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (2 * normal_upper_tail(middle) > 1 - level ? low : high) = middle;
  }
  return (low + high) / 2;
}

void check_options(const BootstrapOptions& options) {
  C2C_CHECK(options.level > 0 && options.level < 1 && options.resamples > 0, "bootstrap options");
}

// Ranks of |differences|, ties share the mean; doubled, which makes them whole. Differences are not zero.
struct SignedRanks {
  std::vector<std::int64_t> doubled;
  std::int64_t plus = 0;  // sum of the doubled ranks of positive differences
  double tie_term = 0;    // sum of t^3 - t over groups of ties
};

SignedRanks signed_ranks(std::vector<double> differences) {
  std::sort(differences.begin(), differences.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  SignedRanks ranks;
  for (std::size_t begin = 0, end = 0; begin < differences.size(); begin = end) {
    while (end < differences.size() && std::abs(differences[end]) == std::abs(differences[begin])) ++end;
    const auto doubled = static_cast<std::int64_t>(begin + 1 + end);
    const auto ties = static_cast<double>(end - begin);
    ranks.tie_term += ties * ties * ties - ties;
    for (std::size_t i = begin; i < end; ++i) {
      ranks.doubled.push_back(doubled);
      if (differences[i] > 0) ranks.plus += doubled;
    }
  }
  return ranks;
}

// Distribution of the sum over all 2^n signs.
double wilcoxon_exact(const SignedRanks& ranks) {
  const std::int64_t total = std::accumulate(ranks.doubled.begin(), ranks.doubled.end(), std::int64_t{0});
  std::vector<double> ways(static_cast<std::size_t>(total) + 1, 0.0);
  ways[0] = 1;
  for (const std::int64_t rank : ranks.doubled)
    for (std::int64_t sum = total; sum >= rank; --sum)
      ways[static_cast<std::size_t>(sum)] += ways[static_cast<std::size_t>(sum - rank)];
  double at_most = 0, at_least = 0;
  for (std::int64_t sum = 0; sum <= total; ++sum) {
    if (sum <= ranks.plus) at_most += ways[static_cast<std::size_t>(sum)];
    if (sum >= ranks.plus) at_least += ways[static_cast<std::size_t>(sum)];
  }
  const double all = std::ldexp(1.0, static_cast<int>(ranks.doubled.size()));
  return std::min(1.0, 2 * std::min(at_most, at_least) / all);
}

constexpr std::size_t kExactPairs = 50;

std::size_t count_nonzero(std::span<const double> differences) {
  return static_cast<std::size_t>(
      std::count_if(differences.begin(), differences.end(), [](double d) { return d != 0; }));
}

}  // namespace

Interval bootstrap_mean(std::span<const double> values, const BootstrapOptions& options) {
  check_options(options);
  if (values.empty()) return {};
  if (is_binary(values))
    return binomial_bootstrap(std::count(values.begin(), values.end(), 1.0), static_cast<std::int64_t>(values.size()),
                              options.level);
  const std::vector<double> ones(values.size(), 1.0);
  return bootstrap_ratio(values, ones, options);
}

Interval bootstrap_ratio(std::span<const double> numerators, std::span<const double> denominators,
                         const BootstrapOptions& options) {
  check_options(options);
  C2C_CHECK(numerators.size() == denominators.size(), "bootstrap_ratio: as many numerators as denominators");
  if (numerators.empty()) return {};
  Random random(options.seed);
  std::vector<double> ratios(static_cast<std::size_t>(options.resamples));
  for (double& ratio : ratios) {
    double above = 0, below = 0;
    for (std::size_t i = 0; i < numerators.size(); ++i) {
      const std::size_t drawn = random.below(numerators.size());
      above += numerators[drawn];
      below += denominators[drawn];
    }
    ratio = below == 0 ? 0 : above / below;
  }
  std::sort(ratios.begin(), ratios.end());
  const double tail = (1 - options.level) / 2;
  return {percentile(ratios, tail), percentile(ratios, 1 - tail)};
}

Interval wilson_interval(std::int64_t successes, std::int64_t count, double level) {
  if (count <= 0) return {0, 1};
  const double z = normal_quantile_two_sided(level), n = static_cast<double>(count);
  const double share = static_cast<double>(successes) / n, denominator = 1 + z * z / n;
  const double centre = (share + z * z / (2 * n)) / denominator;
  const double half = z / denominator * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double mcnemar_exact(std::int64_t only_first, std::int64_t only_second) {
  const std::int64_t n = only_first + only_second, fewer = std::min(only_first, only_second);
  double tail = 0;
  for (std::int64_t k = 0; k <= fewer; ++k)
    tail += std::exp(log_binomial(n, k) - static_cast<double>(n) * std::log(2.0));
  return std::min(1.0, 2 * tail);
}

double wilcoxon_signed_rank(std::span<const double> differences) {
  std::vector<double> nonzero;
  std::copy_if(differences.begin(), differences.end(), std::back_inserter(nonzero), [](double d) { return d != 0; });
  if (nonzero.empty()) return 1;
  const double n = static_cast<double>(nonzero.size());
  const bool exact = nonzero.size() <= kExactPairs;
  const SignedRanks ranks = signed_ranks(std::move(nonzero));
  if (exact) return wilcoxon_exact(ranks);
  const double variance = (n * (n + 1) * (2 * n + 1) - ranks.tie_term / 2) / 24;
  const double z = (static_cast<double>(ranks.plus) / 2 - n * (n + 1) / 4) / std::sqrt(variance);
  return std::min(1.0, 2 * normal_upper_tail(std::abs(z)));
}

PairedTest paired_test(std::span<const double> first, std::span<const double> second, const BootstrapOptions& options) {
  C2C_CHECK(first.size() == second.size(), "paired_test: values come in pairs");
  PairedTest result;
  result.pairs = static_cast<std::int64_t>(first.size());
  std::vector<double> differences(first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    differences[i] = first[i] - second[i];
    result.higher += first[i] > second[i] ? 1 : 0;
    result.lower += first[i] < second[i] ? 1 : 0;
    result.difference += differences[i];
  }
  if (result.pairs > 0) result.difference /= static_cast<double>(result.pairs);
  result.interval = bootstrap_mean(differences, options);
  if (is_binary(first) && is_binary(second)) {
    result.test = "mcnemar_exact";
    result.p_value = mcnemar_exact(result.higher, result.lower);
  } else {
    result.test = count_nonzero(differences) <= kExactPairs ? "wilcoxon_exact" : "wilcoxon_normal";
    result.p_value = wilcoxon_signed_rank(differences);
  }
  return result;
}

Distribution distribution(std::span<const double> values) {
  if (values.empty()) return {};
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double n = static_cast<double>(sorted.size());
  Distribution d;
  d.count = static_cast<std::int64_t>(sorted.size());
  d.mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / n;
  double squares = 0;
  for (const double value : sorted) squares += (value - d.mean) * (value - d.mean);
  d.std = std::sqrt(squares / n);
  d.min = sorted.front();
  d.p50 = percentile(sorted, 0.5);
  d.p90 = percentile(sorted, 0.9);
  d.p95 = percentile(sorted, 0.95);
  d.p99 = percentile(sorted, 0.99);
  d.max = sorted.back();
  return d;
}

}  // namespace c2c
