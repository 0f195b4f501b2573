#include "c2c/tensor/nn/linear.h"

#include <ATen/ATen.h>

#include "c2c/base/error.h"

namespace c2c {

Linear::Linear(at::Tensor weight, at::Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {
  C2C_CHECK(weight_.dim() == 2, "a linear layer's weight is (out, in)");
  C2C_CHECK(!bias_.defined() || (bias_.dim() == 1 && bias_.size(0) == weight_.size(0)),
            "a linear layer's bias is (out)");
}

Linear Linear::empty(std::int64_t in, std::int64_t out, bool with_bias, at::TensorOptions options) {
  return Linear(at::empty({out, in}, options), with_bias ? at::empty({out}, options) : at::Tensor());
}

at::Tensor Linear::operator()(const at::Tensor& x) const {
  return at::linear(x, weight_, bias_);
}

std::int64_t Linear::bytes() const {
  return static_cast<std::int64_t>(weight_.nbytes() + (bias_.defined() ? bias_.nbytes() : 0));
}

void Linear::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  visitor({prefix + "weight", &weight_, false});
  if (bias_.defined()) visitor({prefix + "bias", &bias_, false});
}

}  // namespace c2c
