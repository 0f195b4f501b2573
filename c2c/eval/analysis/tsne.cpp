#include "c2c/eval/analysis/tsne.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <random>
#include <string>

#include "c2c/base/error.h"

namespace c2c {
namespace {

using Point = std::array<double, 2>;

void each_row(std::size_t rows, const std::function<void(std::size_t)>& work) {
  at::parallel_for(0, static_cast<std::int64_t>(rows), 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) work(static_cast<std::size_t>(i));
  });
}

// exp(-beta d) of a row without point `self`, summing to 1; returns its entropy in nats.
double weigh(std::span<const double> squared, std::size_t self, double nearest, double beta,
             std::span<double> weights) {
  double sum = 0, moment = 0;
  for (std::size_t j = 0; j < squared.size(); ++j) {
    // Distances from the nearest neighbour's on: what far points have would be 0 otherwise.
    const double distance = squared[j] - nearest;
    weights[j] = j == self ? 0 : std::exp(-beta * distance);
    sum += weights[j];
    moment += weights[j] * distance;
  }
  for (double& weight : weights) weight /= sum;
  return std::log(sum) + beta * moment / sum;
}

void calibrate(std::span<double> row, std::size_t self, double perplexity, std::vector<double>& weights) {
  double nearest = std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < row.size(); ++j)
    if (j != self) nearest = std::min(nearest, row[j]);
  const double wanted = std::log(perplexity);
  double beta = 1, low = 0, high = std::numeric_limits<double>::infinity();
  weights.resize(row.size());
  for (int step = 0; step < 200; ++step) {
    const double difference = weigh(row, self, nearest, beta, weights) - wanted;
    if (std::abs(difference) < 1e-7) break;
    (difference > 0 ? low : high) = beta;  // too many neighbours: narrower
    beta = std::isinf(high) ? beta * 2 : (low + high) / 2;
  }
  std::copy(weights.begin(), weights.end(), row.begin());
}

void check(std::size_t points, const TsneOptions& options) {
  const auto refuse = [](const std::string& key, const std::string& found, const std::string& expected,
                         const std::string& hint = {}) {
    fail_usage({.where = "t-SNE", .key = key, .found = found, .expected = expected, .hint = hint});
  };
  if (points < 3) refuse("points", std::to_string(points), "at least 3");
  if (points > kMostTsnePoints)
    refuse("points", std::to_string(points), "at most " + std::to_string(kMostTsnePoints) + ", since all pairs count",
           "fewer questions, or one point for each");
  if (!(options.perplexity >= 1 && options.perplexity <= static_cast<double>(points - 1)))
    refuse("perplexity", std::to_string(options.perplexity),
           "1 to " + std::to_string(points - 1) + ", points less one");
}

std::vector<double> squared_distances(std::span<const float> rows, std::size_t points, std::size_t dimensions) {
  std::vector<double> squared(points * points);
  each_row(points, [&](std::size_t i) {
    for (std::size_t j = 0; j < points; ++j) {
      double sum = 0;
      for (std::size_t d = 0; d < dimensions; ++d) {
        const double step = static_cast<double>(rows[i * dimensions + d]) - rows[j * dimensions + d];
        sum += step * step;
      }
      squared[i * points + j] = sum;
    }
  });
  return squared;
}

// Both points' views of a pair, all pairs summing to 1.
void make_symmetric(std::vector<double>& near, std::size_t points) {
  const double scale = 1 / (2 * static_cast<double>(points));
  for (std::size_t i = 0; i < points; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      near[i * points + j] = near[j * points + i] = (near[i * points + j] + near[j * points + i]) * scale;
}

// Box and Muller's, from the generator's own bits: std::normal_distribution differs between libraries.
std::vector<Point> start(std::size_t points, std::uint64_t seed) {
  std::mt19937_64 bits(seed);
  const auto uniform = [&] { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1p-53; };
  std::vector<Point> map(points);
  for (Point& point : map) {
    const double radius = 1e-4 * std::sqrt(-2 * std::log(uniform())), angle = 2 * std::numbers::pi * uniform();
    point = {radius * std::cos(angle), radius * std::sin(angle)};
  }
  return map;
}

double likeness(const Point& a, const Point& b) {
  const double x = a[0] - b[0], y = a[1] - b[1];
  return 1 / (1 + x * x + y * y);
}

class Descent {
 public:
  Descent(const std::vector<double>& near, std::size_t points, const TsneOptions& options)
      : near_(near), map_(start(points, options.seed)), speed_(points), pull_(points), push_(points), gain_(points) {
    std::fill(gain_.begin(), gain_.end(), Point{1, 1});
    rate_ = options.learning_rate > 0 ? options.learning_rate
                                      : std::max(static_cast<double>(points) / options.early_exaggeration / 4, 50.0);
  }

  void step(double exaggeration, double momentum) {
    const std::size_t points = map_.size();
    std::vector<double> sums(points);
    each_row(points, [&](std::size_t i) { sums[i] = forces(i); });
    double all = 0;
    for (const double sum : sums) all += sum;
    for (std::size_t i = 0; i < points; ++i)
      for (std::size_t d = 0; d < 2; ++d) {
        const double slope = 4 * (exaggeration * pull_[i][d] - push_[i][d] / all);
        double& gain = gain_[i][d];
        gain = std::max(0.01, speed_[i][d] * slope < 0 ? gain + 0.2 : gain * 0.8);
        speed_[i][d] = momentum * speed_[i][d] - rate_ * gain * slope;
      }
    Point centre{};
    for (std::size_t i = 0; i < points; ++i)
      for (std::size_t d = 0; d < 2; ++d) centre[d] += (map_[i][d] += speed_[i][d]) / static_cast<double>(points);
    for (Point& point : map_) point = {point[0] - centre[0], point[1] - centre[1]};
  }

  double divergence() const {
    const std::size_t points = map_.size();
    double all = 0, sum = 0;
    for (std::size_t i = 0; i < points; ++i)
      for (std::size_t j = 0; j < points; ++j)
        if (i != j) all += likeness(map_[i], map_[j]);
    for (std::size_t i = 0; i < points; ++i)
      for (std::size_t j = 0; j < points; ++j)
        if (const double p = near_[i * points + j]; i != j && p > 0)
          sum += p * std::log(p * all / likeness(map_[i], map_[j]));
    return sum;
  }
  std::vector<Point> take() { return std::move(map_); }

 private:
  // Of point i: what draws it and what drives it away; returns its part of the normalisation.
  double forces(std::size_t i) {
    const std::size_t points = map_.size();
    Point pull{}, push{};
    double sum = 0;
    for (std::size_t j = 0; j < points; ++j) {
      if (j == i) continue;
      const double q = likeness(map_[i], map_[j]), p = near_[i * points + j];
      sum += q;
      for (std::size_t d = 0; d < 2; ++d) {
        const double apart = q * (map_[i][d] - map_[j][d]);
        pull[d] += p * apart;
        push[d] += q * apart;
      }
    }
    pull_[i] = pull;
    push_[i] = push;
    return sum;
  }

  const std::vector<double>& near_;
  std::vector<Point> map_, speed_, pull_, push_, gain_;
  double rate_ = 0;
};

}  // namespace

void tsne_neighbours(std::span<double> squared, std::size_t points, double perplexity) {
  C2C_CHECK(squared.size() == points * points, "tsne_neighbours: a distance for each pair");
  each_row(points, [&](std::size_t i) {
    std::vector<double> weights;
    calibrate(squared.subspan(i * points, points), i, perplexity, weights);
  });
}

TsneMap tsne(std::span<const float> rows, std::size_t dimensions, const TsneOptions& options) {
  C2C_CHECK(dimensions > 0 && rows.size() % dimensions == 0, "tsne: whole points");
  const std::size_t points = rows.size() / dimensions;
  check(points, options);
  std::vector<double> near = squared_distances(rows, points, dimensions);
  tsne_neighbours(near, points, options.perplexity);
  make_symmetric(near, points);
  Descent descent(near, points, options);
  for (int i = 0; i < options.iterations; ++i) {
    const bool early = i < options.exaggerated;
    descent.step(early ? options.early_exaggeration : 1, early ? 0.5 : 0.8);
  }
  const double divergence = descent.divergence();
  return {descent.take(), divergence};
}

}  // namespace c2c
