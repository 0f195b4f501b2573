#include "c2c/tensor/ops/argmax.h"

#include <ATen/ATen.h>

#include <array>
#include <cstddef>
#include <limits>

namespace c2c::ops {
namespace {

constexpr std::int64_t kLanes = 32;  // independent maxima, so that the compiler may use vectors

// -1: a NaN is among them.
std::int64_t argmax_row(const float* row, std::int64_t size) {
  std::array<float, kLanes> most;
  most.fill(-std::numeric_limits<float>::infinity());
  std::array<std::int32_t, kLanes> nan{};
  std::int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float x = row[i + static_cast<std::int64_t>(lane)];
      most[lane] = x > most[lane] ? x : most[lane];
      nan[lane] |= x != x ? 1 : 0;
    }
  float largest = -std::numeric_limits<float>::infinity();
  bool any_nan = false;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    largest = most[lane] > largest ? most[lane] : largest;
    any_nan |= nan[lane] != 0;
  }
  for (; i < size; ++i) {
    largest = row[i] > largest ? row[i] : largest;
    any_nan |= row[i] != row[i];
  }
  if (any_nan) return -1;
  std::int64_t at = 0;
  while (row[at] != largest) ++at;
  return at;
}

}  // namespace

at::Tensor argmax(const at::Tensor& logits) {
  if (!logits.is_cpu() || logits.scalar_type() != at::kFloat || !logits.is_contiguous() || logits.dim() == 0 ||
      logits.numel() == 0)
    return at::argmax(logits, -1);
  const std::int64_t size = logits.size(-1);
  at::Tensor out =
      at::empty(logits.sizes().slice(0, static_cast<std::size_t>(logits.dim() - 1)), logits.options().dtype(at::kLong));
  auto* to = out.mutable_data_ptr<std::int64_t>();
  const auto* from = logits.const_data_ptr<float>();
  for (std::int64_t row = 0; row < out.numel(); ++row) {
    to[row] = argmax_row(from + row * size, size);
    if (to[row] < 0) return at::argmax(logits, -1);
  }
  return out;
}

}  // namespace c2c::ops
