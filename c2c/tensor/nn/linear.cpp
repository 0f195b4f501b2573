#include "c2c/tensor/nn/linear.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "c2c/base/error.h"

namespace c2c {
namespace {

bool is_recorded(const at::Tensor& y) {
  return at::GradMode::is_enabled() && y.requires_grad();
}

}  // namespace

Linear::Linear(at::Tensor weight, at::Tensor bias) : weight_(std::move(weight)), bias_(std::move(bias)) {
  C2C_CHECK(weight_.dim() == 2, "a linear layer's weight is (out, in)");
  C2C_CHECK(!bias_.defined() || (bias_.dim() == 1 && bias_.size(0) == weight_.size(0)),
            "a linear layer's bias is (out)");
}

Linear Linear::empty(std::int64_t in, std::int64_t out, bool with_bias, at::TensorOptions options) {
  return Linear(at::empty({out, in}, options), with_bias ? at::empty({out}, options) : at::Tensor());
}

at::Tensor Linear::operator()(const at::Tensor& x) const {
  const at::Tensor y =
      packed_ != nullptr ? packed_linear(x, {packed_.get(), bias_, {}, false}) : at::linear(x, weight_, bias_);
  return lora_ == nullptr ? y : lora_->add_to(y, x);
}

at::Tensor Linear::gelu(const at::Tensor& x) const {
  if (packed_ != nullptr && lora_ == nullptr) return packed_linear(x, {packed_.get(), bias_, {}, true});
  at::Tensor y = (*this)(x);
  return is_recorded(y) ? at::gelu(y) : at::gelu_(y);
}

at::Tensor Linear::add_to(const at::Tensor& x, const at::Tensor& residual) const {
  if (packed_ != nullptr && lora_ == nullptr) return packed_linear(x, {packed_.get(), bias_, residual, false});
  at::Tensor y = (*this)(x);
  const bool in_place = !at::GradMode::is_enabled() && y.sizes() == residual.sizes() && y.dtype() == residual.dtype();
  return in_place ? y.add_(residual) : residual + y;
}

std::vector<at::Tensor> apply_all(std::initializer_list<const Linear*> layers, const at::Tensor& x) {
  const auto together = [](const Linear* layer) { return layer->is_packed() && layer->lora_ == nullptr; };
  if (layers.size() > 1 && std::all_of(layers.begin(), layers.end(), together)) {
    c10::SmallVector<PackedJob, 4> jobs;
    for (const Linear* layer : layers) jobs.push_back({layer->packed_.get(), layer->bias_, {}, false});
    return packed_linear(x, std::span<const PackedJob>(jobs.data(), jobs.size()));
  }
  std::vector<at::Tensor> results;
  results.reserve(layers.size());
  for (const Linear* layer : layers) results.push_back((*layer)(x));
  return results;
}

void Linear::set_lora(std::shared_ptr<LoraBranch> branch) {
  C2C_CHECK(branch == nullptr || (branch->a.dim() == 2 && branch->b.dim() == 2 && branch->a.size(1) == in_features() &&
                                  branch->b.size(0) == out_features() && branch->a.size(0) == branch->b.size(1)),
            "a LoRA branch is A (r, in), B (out, r)");
  lora_ = std::move(branch);
}

void Linear::merge_lora() {
  if (lora_ == nullptr) return;
  C2C_CHECK(packed_ == nullptr, "a LoRA branch is merged before its layer is packed");
  const at::NoGradGuard no_grad;
  weight_.add_(lora_->weight_change());
  lora_.reset();
}

std::int64_t Linear::bytes() const {
  const std::int64_t weight = packed_ != nullptr ? packed_->shape.bytes() : static_cast<std::int64_t>(weight_.nbytes());
  return weight + static_cast<std::int64_t>(bias_.defined() ? bias_.nbytes() : 0);
}

void Linear::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  if (packed_ == nullptr) visitor({prefix + "weight", &weight_, false});
  if (bias_.defined()) visitor({prefix + "bias", &bias_, false});
}

void Linear::visit_lora(const std::string& prefix, const ParameterVisitor& visitor) {
  if (lora_ != nullptr) lora_->visit(prefix, visitor);
}

}  // namespace c2c
