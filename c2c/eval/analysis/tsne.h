// t-SNE, exact (van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008): every pair of points counts,
// so time and memory grow with the square of their number. Settings and schedule are scikit-learn's defaults, but for
// the start, which is drawn from the seed: the same numbers give the same map, whatever the number of threads.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace c2c {

inline constexpr std::size_t kMostTsnePoints = 4000;  // 128 MB, minutes

struct TsneOptions {
  double perplexity = 30;  // about how many neighbours a point has; 1 to points - 1
  double early_exaggeration = 12;
  int iterations = 1000, exaggerated = 250;  // the first of them
  double learning_rate = 0;                  // 0: max(points / early_exaggeration / 4, 50)
  std::uint64_t seed = 42;
};

struct TsneMap {
  std::vector<std::array<double, 2>> points;
  double divergence = 0;  // Kullback-Leibler, nats: what the map gets wrong
};

// `rows`: points of `dimensions` numbers each. Throws kUsage for fewer than 3 points, more than kMostTsnePoints, and a
// perplexity that they cannot have.
TsneMap tsne(std::span<const float> rows, std::size_t dimensions, const TsneOptions& options);

// Squared distances (points x points), in place, to how near each row's point finds the others: each row sums to 1, and
// 2 to the power of its entropy in bits is the perplexity.
void tsne_neighbours(std::span<double> squared, std::size_t points, double perplexity);

}  // namespace c2c
