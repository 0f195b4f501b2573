#include "c2c/tensor/ops/activation.h"

#include <ATen/ATen.h>

namespace c2c {

at::Tensor gated_activation(const at::Tensor& gate, const at::Tensor& up, Activation activation) {
  return (activation == Activation::kSilu ? at::silu(gate) : at::gelu(gate, "tanh")) * up;
}

}  // namespace c2c
