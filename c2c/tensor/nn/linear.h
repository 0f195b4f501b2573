// y = x W^T + b, W: (out, in). Owns its weight and how it lies in memory; kernels are chosen below this line only.
// A LoRA branch may be added to it; copies of the layer share it, and it costs nothing where there is none.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "c2c/tensor/nn/lora.h"
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

  void set_lora(std::shared_ptr<LoraBranch> branch);  // null: none
  const std::shared_ptr<LoraBranch>& lora() const { return lora_; }
  void merge_lora();  // W += scale * B A, in place and in W's dtype, and the branch goes; nothing where there is none

  std::int64_t in_features() const { return weight_.size(1); }
  std::int64_t out_features() const { return weight_.size(0); }
  const at::Tensor& weight() const { return weight_; }
  const at::Tensor& bias() const { return bias_; }
  std::int64_t bytes() const;
  void visit(const std::string& prefix, const ParameterVisitor& visitor);  // weight, then bias; not the branch
  void visit_lora(const std::string& prefix, const ParameterVisitor& visitor);

 private:
  at::Tensor weight_, bias_;
  std::shared_ptr<LoraBranch> lora_;
};

}  // namespace c2c
