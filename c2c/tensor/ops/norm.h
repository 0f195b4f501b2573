// Normalisation over the last dimension.
#pragma once
#include <ATen/core/Tensor.h>

namespace c2c {

// x (..., C), weight (C) -> (..., C) in x's dtype: x / sqrt(mean(x^2) + eps) * g. Statistics in float32.
// g = weight, applied after rounding to x's dtype (Llama, Qwen); with `unit_offset` g = 1 + weight in float32, applied
// before rounding (Gemma). Differentiable.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, bool unit_offset);

// The same with g = weight in float32, rounded once (the fusers'). Differentiable.
at::Tensor rms_norm_rounded_once(const at::Tensor& x, const at::Tensor& weight, double eps);

}  // namespace c2c
