// y = x W^T + b, W: (out, in). Owns its weight and how it lies in memory; kernels are chosen below this line only.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>

#include "c2c/tensor/nn/module.h"

namespace c2c {

class Linear {
 public:
  Linear() = default;
  Linear(at::Tensor weight, at::Tensor bias = {});
  // Uninitialised (or meta) weight of the given shape, to be filled through visit().
  static Linear empty(std::int64_t in, std::int64_t out, bool with_bias, at::TensorOptions options);

  // x: (..., in) -> (..., out), in the weight's dtype. Differentiable.
  at::Tensor operator()(const at::Tensor& x) const;

  std::int64_t in_features() const { return weight_.size(1); }
  std::int64_t out_features() const { return weight_.size(0); }
  const at::Tensor& weight() const { return weight_; }
  const at::Tensor& bias() const { return bias_; }
  std::int64_t bytes() const;
  void visit(const std::string& prefix, const ParameterVisitor& visitor);  // weight, then bias

 private:
  at::Tensor weight_, bias_;
};

}  // namespace c2c
