#include "c2c/train/trainer/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "c2c/base/error.h"
#include "c2c/io/config/assign.h"

namespace c2c {
namespace {

constexpr double kPi = std::numbers::pi;

double ratio(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(std::max<std::int64_t>(1, whole));
}

double half_cosine(double turns) {
  return 0.5 * (1.0 + std::cos(kPi * turns));
}

double restarts(double progress, double cycles) {
  if (progress >= 1.0) return 0.0;
  return std::max(0.0, half_cosine(std::fmod(cycles * progress, 1.0)));
}

double polynomial(const ScheduleOptions& o, std::int64_t done) {
  if (done > o.total) return o.lr_end / o.base_lr;
  const double remaining = 1.0 - ratio(done - o.warmup, o.total - o.warmup);
  return ((o.base_lr - o.lr_end) * std::pow(remaining, o.power) + o.lr_end) / o.base_lr;
}

// Warm-up, a plateau at the base rate, then a cosine down to nothing.
double stable_decay(const ScheduleOptions& o, std::int64_t done, double cycles) {
  const std::int64_t decay = o.decay >= 0 ? o.decay : std::max<std::int64_t>(1, (o.total - o.warmup) / 10);
  const std::int64_t stable = o.total - o.warmup - decay;
  if (done < o.warmup + stable) return 1.0;
  if (done >= o.warmup + stable + decay) return 0.0;
  return std::max(0.0, half_cosine(2.0 * cycles * ratio(done - o.warmup - stable, decay)));
}

}  // namespace

const std::vector<std::string>& scheduler_names() {
  static const std::vector<std::string> names = {"linear",
                                                 "cosine",
                                                 "cosine_with_restarts",
                                                 "polynomial",
                                                 "constant",
                                                 "constant_with_warmup",
                                                 "inverse_sqrt",
                                                 "reduce_lr_on_plateau",
                                                 "cosine_with_min_lr",
                                                 "warmup_stable_decay"};
  return names;
}

Schedule::Schedule(ScheduleOptions options) : options_(std::move(options)) {
  const auto& names = scheduler_names();
  if (std::find(names.begin(), names.end(), options_.type) != names.end()) return;
  const std::string near = nearest_name(options_.type, names);
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  fail_usage({.where = "training.scheduler_type",
              .found = options_.type,
              .expected = "one of " + all,
              .hint = near.empty() ? "" : "did you mean " + near + "?"});
}

double Schedule::factor(std::int64_t done) const {
  const ScheduleOptions& o = options_;
  if (o.type == "constant") return 1.0;
  if (o.type == "reduce_lr_on_plateau") return plateau_.factor;
  if (done < o.warmup) return ratio(done, o.warmup);
  if (o.type == "constant_with_warmup") return 1.0;
  const double progress = ratio(done - o.warmup, o.total - o.warmup);
  const double cycles = o.cycles;
  if (o.type == "linear") return std::max(0.0, ratio(o.total - done, o.total - o.warmup));
  if (o.type == "cosine") return std::max(0.0, half_cosine(2.0 * (cycles < 0 ? 0.5 : cycles) * progress));
  if (o.type == "cosine_with_restarts") return restarts(progress, cycles < 0 ? 1.0 : cycles);
  if (o.type == "polynomial") return polynomial(o, done);
  if (o.type == "warmup_stable_decay") return stable_decay(o, done, cycles < 0 ? 0.5 : cycles);
  if (o.type == "cosine_with_min_lr") {
    const double floor = o.min_lr_rate >= 0 ? o.min_lr_rate : o.min_lr / o.base_lr;
    return std::max(0.0, half_cosine(2.0 * (cycles < 0 ? 0.5 : cycles) * progress) * (1.0 - floor) + floor);
  }
  // inverse_sqrt: the time scale is the warm-up, or 10,000 updates without one.
  const std::int64_t scale = o.warmup > 0 ? o.warmup : 10'000;
  return 1.0 / std::sqrt(static_cast<double>(done + scale - o.warmup) / static_cast<double>(scale));
}

void Schedule::observe(double loss) {
  if (!watches_loss()) return;
  constexpr double kThreshold = 1e-4, kFactor = 0.1, kSmallestChange = 1e-8;
  constexpr std::int64_t kPatience = 10;
  if (loss < plateau_.best * (1.0 - kThreshold)) {
    plateau_.best = loss;
    plateau_.bad = 0;
  } else if (++plateau_.bad > kPatience) {
    const double floor = options_.min_lr / options_.base_lr;
    const double next = std::max(plateau_.factor * kFactor, floor);
    if ((plateau_.factor - next) * options_.base_lr > kSmallestChange) plateau_.factor = next;
    plateau_.bad = 0;
  }
}

}  // namespace c2c
