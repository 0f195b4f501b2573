#include "c2c/train/trainer/adamw.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "c2c/base/error.h"

namespace c2c {

AdamW::AdamW(std::vector<NamedParameter> parameters, AdamWOptions options)
    : parameters_(std::move(parameters)), options_(options) {
  for (const NamedParameter& parameter : parameters_) {
    const at::Tensor zeros = at::zeros_like(parameter.tensor, at::MemoryFormat::Contiguous);
    moments_.push_back({zeros, zeros.clone(), 0});
  }
}

void AdamW::step(double lr) {
  const at::NoGradGuard no_grad;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& parameter = parameters_[i].tensor;
    const at::Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    Moments& m = moments_[i];
    ++m.steps;
    parameter.mul_(1.0 - lr * options_.weight_decay);
    m.mean.lerp_(gradient, 1.0 - options_.beta1);
    m.square.mul_(options_.beta2).addcmul_(gradient, gradient, 1.0 - options_.beta2);
    const double step = static_cast<double>(m.steps);
    const double mean_correction = 1.0 - std::pow(options_.beta1, step);
    const double square_correction = std::sqrt(1.0 - std::pow(options_.beta2, step));
    const at::Tensor scale = m.square.sqrt().div_(square_correction).add_(options_.eps);
    parameter.addcdiv_(m.mean, scale, -lr / mean_correction);
  }
}

void AdamW::zero_grad() {
  for (NamedParameter& parameter : parameters_) parameter.tensor.mutable_grad().reset();
}

double AdamW::clip_gradients(double max_norm) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients, norms;
  for (const NamedParameter& parameter : parameters_)
    if (parameter.tensor.grad().defined()) gradients.push_back(parameter.tensor.grad());
  if (gradients.empty()) return 0;
  for (const at::Tensor& gradient : gradients) norms.push_back(at::linalg_vector_norm(gradient).to(at::kFloat));
  const double norm = at::linalg_vector_norm(at::stack(norms)).item<double>();
  if (max_norm <= 0 || !std::isfinite(norm)) return norm;
  const double factor = std::min(1.0, max_norm / (norm + 1e-6));
  if (factor < 1.0)
    for (at::Tensor& gradient : gradients) gradient.mul_(factor);
  return norm;
}

std::vector<NamedParameter> AdamW::state() const {
  std::vector<NamedParameter> state;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const std::string& name = parameters_[i].name;
    state.push_back({"exp_avg." + name, moments_[i].mean});
    state.push_back({"exp_avg_sq." + name, moments_[i].square});
    state.push_back({"step." + name, at::scalar_tensor(moments_[i].steps, at::kLong)});
  }
  return state;
}

void AdamW::load_state(const std::vector<NamedParameter>& state, const std::string& where) {
  std::map<std::string, at::Tensor> by_name;
  for (const NamedParameter& entry : state) by_name.emplace(entry.name, entry.tensor);
  const auto take = [&](const std::string& name, const at::Tensor& like) {
    const auto found = by_name.find(name);
    if (found == by_name.end())
      fail_input({.where = where, .key = name, .found = "no such tensor", .expected = "the optimizer's state"});
    if (found->second.sizes() != like.sizes())
      fail_input({.where = where, .key = name, .found = "another shape", .expected = "the parameter's shape"});
    return found->second;
  };
  const at::Tensor scalar = at::scalar_tensor(0, at::kLong);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const std::string& name = parameters_[i].name;
    Moments& m = moments_[i];
    m.mean.copy_(take("exp_avg." + name, m.mean));
    m.square.copy_(take("exp_avg_sq." + name, m.square));
    m.steps = take("step." + name, scalar).item<std::int64_t>();
  }
  if (by_name.size() != 3 * parameters_.size())
    fail_input({.where = where,
                .found = std::to_string(by_name.size()) + " tensors",
                .expected = std::to_string(3 * parameters_.size()) + ", three for each trained parameter",
                .hint = "the checkpoint is of another recipe"});
}

}  // namespace c2c
