// Gate noise belongs to a sample, a place and a gate; how samples are batched does not matter.
#include "c2c/train/trainer/sample_draws.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

namespace c2c {
namespace {

constexpr std::int64_t kHeads = 2, kFeatures = 3;

// (rows, heads, tokens, features) of the given gate: 0 key, 1 value.
at::Tensor draw(std::uint64_t seed, const std::vector<std::uint64_t>& samples, const DrawSite& site, int gate = 0) {
  SampleDraws all(seed);
  const TrainingDraws draws = all.draws();
  all.begin(samples);
  draws.at_site(site);
  const auto rows = static_cast<std::int64_t>(site.rows.size());
  const auto tokens = static_cast<std::int64_t>(site.tokens[0].size());
  at::Tensor u;
  for (int g = 0; g <= gate; ++g) u = draws.uniform({rows, kHeads, tokens, kFeatures}, at::TensorOptions(at::kFloat));
  return u;
}

TEST(SampleDraws, AreTheSameInAnyBatch) {
  // Sample 70 alone, its tokens 0 to 3.
  const at::Tensor alone = draw(1, {70}, {0, 2, {0}, {{0, 1, 2, 3}}});
  // Second of three; the projector sees only rows 1 and 2.
  const at::Tensor together = draw(1, {5, 70, 6}, {0, 2, {1, 2}, {{0, 1, 2, 3}, {4, 5, 8, 9}}});
  EXPECT_TRUE(at::equal(alone[0], together[0]));
  EXPECT_FALSE(at::equal(together[0], together[1]));
  // The others first: order does not matter.
  const at::Tensor turned = draw(1, {6, 5, 70}, {0, 2, {2, 0}, {{0, 1, 2, 3}, {4, 5, 8, 9}}});
  EXPECT_TRUE(at::equal(turned[0], together[0]));
  EXPECT_TRUE(at::equal(turned[1], together[1]));
  // In two sections: the first two tokens, then the others.
  const at::Tensor last = draw(1, {70}, {0, 2, {0}, {{2, 3}}});
  EXPECT_TRUE(at::equal(last[0], alone[0].slice(1, 2, 4)));
}

TEST(SampleDraws, DifferBySeedSampleSharerLayerGateTokenHeadAndFeature) {
  const DrawSite site{0, 2, {0}, {{0, 1, 2, 3}}};
  std::vector<at::Tensor> others = {draw(1, {70}, site),
                                    draw(2, {70}, site),
                                    draw(1, {71}, site),
                                    draw(1, {70}, {1, 2, {0}, {{0, 1, 2, 3}}}),
                                    draw(1, {70}, {0, 3, {0}, {{0, 1, 2, 3}}}),
                                    draw(1, {70}, site, 1)};
  std::set<float> seen;
  std::int64_t count = 0;
  for (const at::Tensor& u : others) {
    count += u.numel();
    const at::Tensor flat = u.flatten();
    for (std::int64_t i = 0; i < flat.numel(); ++i) seen.insert(flat[i].item<float>());
  }
  EXPECT_EQ(static_cast<std::int64_t>(seen.size()), count);
}

TEST(SampleDraws, AreUniform) {
  const std::int64_t tokens = 2000;
  std::vector<std::int64_t> columns(tokens);
  for (std::int64_t i = 0; i < tokens; ++i) columns[static_cast<std::size_t>(i)] = i;
  const at::Tensor u = draw(9, {3}, {0, 0, {0}, {columns}}).flatten().to(at::kDouble);
  EXPECT_GE(u.min().item<double>(), 0.0);
  EXPECT_LT(u.max().item<double>(), 1.0);
  const double n = static_cast<double>(u.numel());
  EXPECT_NEAR(u.mean().item<double>(), 0.5, 4 / std::sqrt(12 * n));
  EXPECT_NEAR(u.square().mean().item<double>(), 1.0 / 3, 4 * std::sqrt(4.0 / 45 / n));
  // Neighbours have nothing to do with each other.
  const at::Tensor a = u.slice(0, 0, -1) - 0.5, b = u.slice(0, 1) - 0.5;
  EXPECT_NEAR((a * b).mean().item<double>(), 0, 4.0 / 12 / std::sqrt(n));
  const at::Tensor cells = at::histc(u.to(at::kFloat), 16, 0, 1);
  EXPECT_GT(cells.min().item<double>(), 0.8 * n / 16);
  EXPECT_LT(cells.max().item<double>(), 1.2 * n / 16);
}

}  // namespace
}  // namespace c2c
