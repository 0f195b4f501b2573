#include "c2c/eval/analysis/tsne.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "c2c/base/error.h"

namespace c2c {
namespace {

// `clusters` groups of `size` points each, far from each other.
std::vector<float> clustered(std::size_t clusters, std::size_t size, std::size_t dimensions) {
  std::mt19937 bits(7);
  std::normal_distribution<float> noise;
  std::vector<float> rows;
  for (std::size_t c = 0; c < clusters; ++c)
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t d = 0; d < dimensions; ++d) rows.push_back(noise(bits) + (d == c ? 20.0F : 0.0F));
  return rows;
}

double squared(const std::array<double, 2>& a, const std::array<double, 2>& b) {
  return (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]);
}

TEST(Tsne, EveryPointHasThePerplexityThatWasAskedFor) {
  constexpr std::size_t kPoints = 60;
  std::mt19937 bits(3);
  std::exponential_distribution<double> far(0.01);
  std::vector<double> distances(kPoints * kPoints);
  for (double& distance : distances) distance = far(bits) * 1e3;  // exp(-distance) is 0 for all of them
  for (const double wanted : {1.5, 5.0, 30.0, 50.0}) {
    std::vector<double> near = distances;
    tsne_neighbours(near, kPoints, wanted);
    for (std::size_t i = 0; i < kPoints; ++i) {
      double sum = 0, entropy = 0;
      for (std::size_t j = 0; j < kPoints; ++j) {
        const double p = near[i * kPoints + j];
        sum += p;
        if (p > 0) entropy -= p * std::log2(p);
      }
      EXPECT_EQ(near[i * kPoints + i], 0);
      EXPECT_NEAR(sum, 1, 1e-12);
      EXPECT_NEAR(std::exp2(entropy), wanted, 1e-4 * wanted) << "point " << i;
    }
  }
}

TEST(Tsne, NearerPointsWeighMore) {
  std::vector<double> near = {0, 1, 4, 1, 0, 1, 4, 1, 0};
  tsne_neighbours(near, 3, 1.5);
  EXPECT_GT(near[1], near[2]);
  EXPECT_NEAR(near[3], near[5], 1e-12);
}

TEST(Tsne, ClustersStayApart) {
  constexpr std::size_t kClusters = 4, kSize = 25;
  const TsneMap map = tsne(clustered(kClusters, kSize, 10), 10, {.perplexity = 10});
  ASSERT_EQ(map.points.size(), kClusters * kSize);
  // Each point's ten nearest on the map are of its own cluster.
  for (std::size_t i = 0; i < map.points.size(); ++i) {
    std::vector<std::pair<double, std::size_t>> others;
    for (std::size_t j = 0; j < map.points.size(); ++j)
      if (j != i) others.emplace_back(squared(map.points[i], map.points[j]), j);
    std::sort(others.begin(), others.end());
    for (std::size_t k = 0; k < 10; ++k) EXPECT_EQ(others[k].second / kSize, i / kSize);
  }
  EXPECT_GT(map.divergence, 0);
  EXPECT_LT(map.divergence, 0.6);
}

TEST(Tsne, DescentEndsBelowWhereItBegan) {
  const std::vector<float> rows = clustered(3, 15, 6);
  const TsneMap early = tsne(rows, 6, {.perplexity = 8, .iterations = 5, .exaggerated = 5});
  const TsneMap late = tsne(rows, 6, {.perplexity = 8});
  EXPECT_LT(late.divergence, 0.5 * early.divergence);
}

TEST(Tsne, TheSeedAloneDecidesWhateverTheThreads) {
  const std::vector<float> rows = clustered(3, 12, 5);
  const int threads = at::get_num_threads();
  const TsneOptions options{.perplexity = 6, .iterations = 120};
  const TsneMap first = tsne(rows, 5, options);
  at::set_num_threads(threads == 1 ? 2 : 1);
  const TsneMap again = tsne(rows, 5, options);
  at::set_num_threads(threads);
  EXPECT_EQ(first.points, again.points);
  EXPECT_EQ(first.divergence, again.divergence);
  TsneOptions other = options;
  other.seed = 43;
  EXPECT_NE(first.points, tsne(rows, 5, other).points);
}

TEST(Tsne, PointsThatAreTheSameAreNoTrouble) {
  const TsneMap map = tsne(std::vector<float>(20 * 3, 1.0F), 3, {.perplexity = 5, .iterations = 50});
  for (const auto& point : map.points) EXPECT_TRUE(std::isfinite(point[0]) && std::isfinite(point[1]));
}

TEST(Tsne, WhatItCannotDoIsRefused) {
  const std::vector<float> rows = clustered(2, 5, 2);
  const auto refuses = [](const std::vector<float>& points, double perplexity, const std::string& text) {
    try {
      tsne(points, 2, {.perplexity = perplexity});
      ADD_FAILURE() << "no error: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
    }
  };
  refuses(rows, 10, "1 to 9");
  refuses(rows, 0.5, "perplexity");
  refuses(rows, std::nan(""), "perplexity");
  refuses({1, 2, 3, 4}, 1, "at least 3");
  refuses(std::vector<float>(2 * (kMostTsnePoints + 1)), 30, "at most 4000");
}

}  // namespace
}  // namespace c2c
