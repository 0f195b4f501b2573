// x / sqrt(mean(x^2) + eps) * g (Zhang & Sennrich 2019). Statistics in float32. `unit_offset`: g = 1 + weight (Gemma).
#pragma once
#include <ATen/core/Tensor.h>

#include <string>

#include "c2c/tensor/nn/module.h"

namespace c2c {

class RmsNorm {
 public:
  RmsNorm() = default;
  RmsNorm(at::Tensor weight, double eps, bool unit_offset = false);
  at::Tensor operator()(const at::Tensor& x) const;  // (..., C) -> (..., C), x's dtype
  const at::Tensor& weight() const { return weight_; }
  void visit(const std::string& prefix, const ParameterVisitor& visitor) {
    visitor({prefix + "weight", &weight_, false});
  }

 private:
  at::Tensor weight_;
  double eps_ = 1e-6;
  bool unit_offset_ = false;
};

}  // namespace c2c
