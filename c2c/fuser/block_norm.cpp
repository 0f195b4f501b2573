// The one-pass bfloat16 norm. LibTorch's own takes longer than the matrix product that follows it.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "c2c/fuser/ffn.h"

namespace c2c {
namespace {

constexpr double kEps = 1e-6;

inline float widen(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}
// Round to nearest even; a NaN keeps being one, because its lowest bits cannot carry into the sign.
inline std::uint16_t narrow(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = bits + 0x7FFFu + ((bits >> 16) & 1u);
  return static_cast<std::uint16_t>((value != value ? bits | 0x400000u : rounded) >> 16);
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
__attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
void norm_row(const std::uint16_t* x, const std::uint16_t* weight, std::uint16_t* out, std::int64_t size) {
  constexpr std::int64_t kLanes = 32;
  std::array<float, kLanes> lanes{};
  std::int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes)
    for (std::int64_t j = 0; j < kLanes; ++j) {
      const float value = widen(x[i + j]);
      lanes[static_cast<std::size_t>(j)] += value * value;
    }
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  for (; i < size; ++i) sum += widen(x[i]) * widen(x[i]);
  const float scale = 1.0f / std::sqrt(sum / static_cast<float>(size) + static_cast<float>(kEps));
  for (i = 0; i < size; ++i) out[i] = narrow(widen(x[i]) * scale * widen(weight[i]));
}

}  // namespace

at::Tensor block_norm(const at::Tensor& x, const at::Tensor& weight) {
  const bool differentiated = at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad());
  const bool one_pass = !differentiated && x.is_cpu() && x.scalar_type() == at::kBFloat16 &&
                        weight.scalar_type() == at::kBFloat16 && weight.is_contiguous();
  if (!one_pass) {
    if (x.scalar_type() != at::kBFloat16 && x.scalar_type() != at::kHalf)
      return at::rms_norm(x, weight.sizes(), weight, kEps);
    return at::rms_norm(x.to(at::kFloat), weight.sizes(), weight.to(at::kFloat), kEps).to(x.scalar_type());
  }
  const at::Tensor rows = x.contiguous();
  at::Tensor out = at::empty_like(rows);
  const std::int64_t size = weight.numel();
  const auto* in_data = static_cast<const std::uint16_t*>(rows.const_data_ptr());
  const auto* weight_data = static_cast<const std::uint16_t*>(weight.const_data_ptr());
  auto* out_data = static_cast<std::uint16_t*>(out.data_ptr());
  at::parallel_for(0, rows.numel() / size, 1 + (1 << 14) / size, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row)
      norm_row(in_data + row * size, weight_data, out_data + row * size, size);
  });
  return out;
}

}  // namespace c2c
