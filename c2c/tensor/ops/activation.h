// The gated MLP's middle: act(gate) * up.
#pragma once
#include <ATen/core/Tensor.h>

namespace c2c {

enum class Activation { kSilu, kGeluTanh };

// gate, up (..., I) -> (..., I). Differentiable.
at::Tensor gated_activation(const at::Tensor& gate, const at::Tensor& up, Activation activation);

// x + y, of one shape. Differentiable.
at::Tensor residual_add(const at::Tensor& x, const at::Tensor& y);

}  // namespace c2c
