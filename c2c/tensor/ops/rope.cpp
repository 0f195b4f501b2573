#include "c2c/tensor/ops/rope.h"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>

#include <cmath>

#include "c2c/base/float_bits.h"
#include "c2c/tensor/kernels/row_kernels.h"
#include "c2c/tensor/ops/crew.h"
#include "c2c/tensor/ops/on_kernels.h"

namespace c2c {
namespace {

template <class T>
T rounded(float value) {
  if constexpr (sizeof(T) == sizeof(float))
    return value;
  else
    return float_to_bfloat16(value);
}

template <class T>
RopeAngles angles_of(const at::Tensor& positions, const at::Tensor& frequencies, at::ScalarType dtype) {
  const std::int64_t half = frequencies.size(0), tokens = positions.numel();
  const std::int64_t shape[] = {positions.size(0), positions.size(1), 1, 2 * half};
  const RopeAngles angles{at::detail::empty_cpu(shape, dtype), at::detail::empty_cpu(shape, dtype)};
  const auto* position = numbers<std::int64_t>(positions);
  const auto* frequency = numbers<float>(frequencies);
  T *cosine = numbers_out<T>(angles.cosine), *sine = numbers_out<T>(angles.sine);
  Crew::ranges(tokens, 1 + grain_of(200) / half, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = begin; t < end; ++t)
      for (std::int64_t i = 0; i < half; ++i) {
        const float angle = static_cast<float>(position[t]) * frequency[i];
        const std::int64_t at = t * 2 * half + i;
        cosine[at] = cosine[at + half] = rounded<T>(std::cos(angle));
        sine[at + half] = rounded<T>(std::sin(angle));
        sine[at] = rounded<T>(-std::sin(angle));
      }
  });
  return angles;
}

bool fits(const at::Tensor& x, const RopeAngles& angles) {
  const at::Tensor& cosine = angles.cosine;
  return on_kernels(x) && cosine.is_cpu() && cosine.scalar_type() == x.scalar_type() && x.dim() == 4 &&
         x.stride(3) == 1 && x.size(3) % 2 == 0 && cosine.is_contiguous() && angles.sine.is_contiguous() &&
         (cosine.size(0) == 1 || cosine.size(0) == x.size(0)) && cosine.size(1) == x.size(1) && cosine.size(2) == 1 &&
         cosine.size(3) == x.size(3);
}

template <class T>
at::Tensor turned(const at::Tensor& x, const RopeAngles& angles) {
  at::Tensor out = at::detail::empty_cpu(x.sizes(), x.scalar_type());
  const std::int64_t tokens = x.size(1), heads = x.size(2), size = x.size(3);
  const std::int64_t angle_batch = angles.cosine.size(0) == 1 ? 0 : tokens * size;
  const std::int64_t batch_stride = x.stride(0), token_stride = x.stride(1), head_stride = x.stride(2);
  const T *from = numbers<T>(x), *cosine = numbers<T>(angles.cosine), *sine = numbers<T>(angles.sine);
  T* to = numbers_out<T>(out);
  Crew::ranges(x.size(0) * tokens, 1 + grain_of(3) / (heads * size), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t b = i / tokens, n = i % tokens, angle = b * angle_batch + n * size;
      for (std::int64_t h = 0; h < heads; ++h)
        kernels::rope_row(from + b * batch_stride + n * token_stride + h * head_stride, cosine + angle, sine + angle,
                          to + (i * heads + h) * size, size);
    }
  });
  return out;
}

}  // namespace

RopeAngles rope_angles(const at::Tensor& positions, const at::Tensor& frequencies, at::ScalarType dtype) {
  if (positions.is_cpu() && positions.scalar_type() == at::kLong && positions.dim() == 2 && has_kernels(dtype) &&
      on_kernels(frequencies) && frequencies.scalar_type() == at::kFloat) {
    const at::Tensor dense_positions = positions.contiguous(), dense = frequencies.contiguous();
    return run_as(dtype, [&](auto zero) { return angles_of<decltype(zero)>(dense_positions, dense, dtype); });
  }
  const at::Tensor angles = (positions.to(at::kFloat).unsqueeze(-1) * frequencies).unsqueeze(2);
  const at::Tensor cosine = angles.cos().to(dtype), sine = angles.sin().to(dtype);
  return {at::cat({cosine, cosine}, -1), at::cat({-sine, sine}, -1)};
}

at::Tensor apply_rope(const at::Tensor& x, const RopeAngles& angles) {
  if (fits(x, angles)) return run_as(x.scalar_type(), [&](auto zero) { return turned<decltype(zero)>(x, angles); });
  return at::addcmul(x * angles.cosine, x.roll(x.size(-1) / 2, -1), angles.sine);
}

}  // namespace c2c
