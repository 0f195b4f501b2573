// 32 weights to whole numbers and one half-precision scale. Templates without loops over anything but the 32, so that
// they vectorise for the instruction set of the function they are inlined into.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>

#include "c2c/base/float_bits.h"
#include "c2c/tensor/kernels/packed_layout.h"

namespace c2c::kernels {

struct WeightGroup {
  std::array<std::int8_t, kGroupInputs> values;
  std::uint16_t scale;  // half
};

inline constexpr std::uint16_t kHalfNan = 0x7E00;

// To the nearest whole number, ties to even, for |value| < 2^22; NaN becomes something.
[[gnu::always_inline]] inline float round_near(float value) {
  constexpr float kShift = 12582912.0F;
  return (value + kShift) - kShift;
}

[[gnu::always_inline]] inline float clamp(float value, float low, float high) {
  return value > low ? (value < high ? value : high) : low;
}

// Largest magnitude; infinite where the group holds an infinity or NaN.
[[gnu::always_inline]] inline float largest_magnitude(const float* w) {
  std::uint32_t bits = 0;
  for (int i = 0; i < kGroupInputs; ++i) {
    const std::uint32_t magnitude = std::bit_cast<std::uint32_t>(w[i]) & 0x7FFFFFFFU;
    bits = magnitude > bits ? magnitude : bits;
  }
  return bits >= 0x7F800000U ? INFINITY : std::bit_cast<float>(bits);
}

[[gnu::always_inline]] inline float inverse(float scale) {
  return scale == 0 ? 0.0F : 1.0F / scale;
}

[[gnu::always_inline]] inline WeightGroup unusable_group() {
  WeightGroup group{};
  group.scale = kHalfNan;
  return group;
}

[[gnu::always_inline]] inline WeightGroup with_scale(const float* w, std::uint16_t scale, float low, float high) {
  WeightGroup group{};
  group.scale = scale;
  const float by = inverse(half_to_float(scale));
  for (std::size_t i = 0; i < kGroupInputs; ++i)
    group.values[i] = static_cast<std::int8_t>(clamp(round_near(clamp(w[i] * by, -200, 200)), low, high));
  return group;
}

[[gnu::always_inline]] inline WeightGroup quantize_q8(const float* w) {
  const float largest = largest_magnitude(w);
  const std::uint16_t scale = float_to_half(largest / 127.0F);
  if (scale >= 0x7C00U) return unusable_group();
  return with_scale(w, scale, -127, 127);
}

// Sums that tell the squared error of any scale d for whole numbers q: |w|^2 - 2 d (w . q) + d^2 |q|^2.
struct Fit {
  float cross = 0, square = 0;
};
struct ScalarFit {
  // Eight sums, added in the order in which vectors of eight add theirs.
  static Fit of(const float* w, float by) {
    float cross[8] = {}, square[8] = {};
    for (int i = 0; i < kGroupInputs; i += 8)
      for (int j = 0; j < 8; ++j) {
        const float q = clamp(round_near(clamp(w[i + j] * by, -16, 16)), -8, 7);
        cross[j] += w[i + j] * q;
        square[j] += q * q;
      }
    return {total(cross), total(square)};
  }
  static float total(const float* sums) {
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  }
};

[[gnu::always_inline]] inline float gain(const Fit& fit, float scale) {
  return scale * (2 * fit.cross - scale * fit.square);  // by how much the error is below |w|^2
}

// Whole numbers for scales of largest / step, of both signs (the negative end reaches one further); for each the scale
// of least squares, in half precision; the best of these and of llama.cpp's, largest / -8.
template <class FitWith>
[[gnu::always_inline]] inline WeightGroup quantize_q4(const float* w) {
  constexpr float kSteps[] = {-8, -7.75F, -8.25F, -8.5F, -7.5F, -7.25F, -9, 7, 7.25F, 7.5F, 6.75F, 8};
  const float largest = largest_magnitude(w);
  if (float_to_half(largest / 6.75F) >= 0x7C00U) return unusable_group();
  float sign = 1;
  for (int i = 0; i < kGroupInputs; ++i) sign = w[i] == -largest ? -1.0F : sign;
  std::uint16_t best = float_to_half(sign * largest / -8);
  const float theirs = half_to_float(best);
  if (theirs == 0) return with_scale(w, best, -8, 7);
  float best_gain = gain(FitWith::of(w, inverse(theirs)), theirs);
  for (const float step : kSteps) {
    const Fit fit = FitWith::of(w, sign * step / largest);
    if (!(fit.square > 0)) continue;
    const std::uint16_t half = float_to_half(fit.cross / fit.square);
    const float reached = gain(fit, half_to_float(half));
    if (reached > best_gain) {
      best_gain = reached;
      best = half;
    }
  }
  return with_scale(w, best, -8, 7);
}

}  // namespace c2c::kernels
