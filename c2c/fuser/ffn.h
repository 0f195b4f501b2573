// Feed-forward blocks of the concise projectors (reference: StandardFFNLayer, RegularMLP). Legend: h hidden, m width.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "c2c/tensor/nn/linear.h"
#include "c2c/tensor/nn/module.h"

namespace c2c {

// x / sqrt(mean(x^2) + 1e-6) * g over the last dimension: statistics and weight in float32, rounded once (torch 2.13's
// nn.RMSNorm, bit for bit up to the order of the sum). bfloat16 on the CPU without autograd takes one pass.
at::Tensor block_norm(const at::Tensor& x, const at::Tensor& weight);

// x + drop(W2 gelu(W1 rms(x))): W1 (m, h), W2 (h, m), no biases, exact gelu.
class FfnBlock {
 public:
  FfnBlock(std::int64_t hidden, std::int64_t width, double dropout, at::ScalarType dtype);
  // x (..., h) -> (..., h). Dropout only in training.
  at::Tensor operator()(const at::Tensor& x, bool training) const;
  void visit(const std::string& prefix, const ParameterVisitor& visitor);  // norm, w1, w2
  void visit_linears(const std::string& prefix, const LinearVisitor& visitor);

 private:
  at::Tensor norm_;
  Linear w1_, w2_;
  double dropout_;
};

// `count` blocks one after another; names blocks.<i>.
class FfnStack {
 public:
  FfnStack() = default;
  FfnStack(std::int64_t count, std::int64_t hidden, std::int64_t width, double dropout, at::ScalarType dtype);
  at::Tensor operator()(at::Tensor x, bool training) const;
  void visit(const std::string& prefix, const ParameterVisitor& visitor);
  void visit_linears(const std::string& prefix, const LinearVisitor& visitor);

 private:
  std::vector<FfnBlock> blocks_;
};

}  // namespace c2c
