// 16-bit floats as bits. Branch-free, so that loops over them vectorise.
#pragma once
#include <bit>
#include <cstdint>

namespace c2c {

inline float half_to_float(std::uint16_t half) {
  const std::uint32_t word = static_cast<std::uint32_t>(half) << 16;
  const std::uint32_t sign = word & 0x80000000U;
  const std::uint32_t magnitude = word + word;  // the sign is shifted out
  const float normal = std::bit_cast<float>((magnitude >> 4) + (0xE0U << 23)) * 0x1.0p-112F;
  const float subnormal = std::bit_cast<float>((magnitude >> 17) | (126U << 23)) - 0.5F;
  const std::uint32_t bits =
      magnitude < (1U << 27) ? std::bit_cast<std::uint32_t>(subnormal) : std::bit_cast<std::uint32_t>(normal);
  return std::bit_cast<float>(sign | bits);
}

// Round to nearest even; what is too large becomes infinite, NaN stays NaN.
inline std::uint16_t float_to_half(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
  const auto sign = static_cast<std::uint32_t>(bits >> 16 & 0x8000U);
  if (magnitude > 0x7F800000U) return static_cast<std::uint16_t>(sign | 0x7E00U);
  // Adding a power of two that leaves 10 bits of fraction lets the adder round (Maratyszcza's FP16).
  const float scaled = std::bit_cast<float>(magnitude) * 0x1.0p+112F * 0x1.0p-110F;
  const std::uint32_t exponent = (bits + bits) & 0xFF000000U;
  const std::uint32_t bias = exponent < 0x71000000U ? 0x71000000U : exponent;
  const auto rounded = std::bit_cast<std::uint32_t>(std::bit_cast<float>((bias >> 1) + 0x07800000U) + scaled);
  return static_cast<std::uint16_t>(sign | ((rounded >> 13 & 0x7C00U) + (rounded & 0x0FFFU)));
}

inline float bfloat16_to_float(std::uint16_t value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

// Round to nearest even; NaN stays NaN (made quiet).
inline std::uint16_t float_to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
  const std::uint32_t nan = (bits >> 16) | 0x40U;
  return static_cast<std::uint16_t>((bits & 0x7FFFFFFFU) > 0x7F800000U ? nan : rounded);
}

}  // namespace c2c
