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
  const at::Tensor y = at::linear(x, weight_, bias_);
  return lora_ == nullptr ? y : lora_->add_to(y, x);
}

void Linear::set_lora(std::shared_ptr<LoraBranch> branch) {
  C2C_CHECK(branch == nullptr || (branch->a.dim() == 2 && branch->b.dim() == 2 && branch->a.size(1) == in_features() &&
                                  branch->b.size(0) == out_features() && branch->a.size(0) == branch->b.size(1)),
            "a LoRA branch is A (r, in), B (out, r)");
  lora_ = std::move(branch);
}

void Linear::merge_lora() {
  if (lora_ == nullptr) return;
  const at::NoGradGuard no_grad;
  weight_.add_(lora_->weight_change());
  lora_.reset();
}

std::int64_t Linear::bytes() const {
  return static_cast<std::int64_t>(weight_.nbytes() + (bias_.defined() ? bias_.nbytes() : 0));
}

void Linear::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  visitor({prefix + "weight", &weight_, false});
  if (bias_.defined()) visitor({prefix + "bias", &bias_, false});
}

void Linear::visit_lora(const std::string& prefix, const ParameterVisitor& visitor) {
  if (lora_ != nullptr) lora_->visit(prefix, visitor);
}

}  // namespace c2c
