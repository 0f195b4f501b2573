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

// As Q4_0 does: the scale is the largest number, with its sign, over -8. (Scales of least squares come 20 % nearer to
// the weights and predict worse: docs/benchmarks.md.)
[[gnu::always_inline]] inline WeightGroup quantize_q4(const float* w) {
  const float largest = largest_magnitude(w);
  if (float_to_half(largest / 8) >= 0x7C00U) return unusable_group();
  float sign = 1;
  for (int i = 0; i < kGroupInputs; ++i) sign = w[i] == -largest ? -1.0F : sign;
  return with_scale(w, float_to_half(sign * largest / -8), -8, 7);
}

}  // namespace c2c::kernels
