#include "c2c/tensor/nn/lora.h"

#include <ATen/ATen.h>

#include <cmath>
#include <optional>

#include "c2c/base/error.h"

namespace c2c {
namespace {

std::optional<at::Generator> optional_generator(const at::Generator& generator) {
  return generator.defined() ? std::optional(generator) : std::nullopt;
}

// nn.Linear's first weight: Kaiming-uniform with a = sqrt 5, which is U(-1 / sqrt(in), 1 / sqrt(in)).
at::Tensor linear_draw(std::int64_t out, std::int64_t in, const std::optional<at::Generator>& generator) {
  const double gain = std::sqrt(2.0 / (1.0 + 5.0)), deviation = gain / std::sqrt(static_cast<double>(in));
  const double bound = std::sqrt(3.0) * deviation;
  return at::empty({out, in}, at::kFloat).uniform_(-bound, bound, generator);
}

}  // namespace

at::Tensor LoraBranch::add_to(const at::Tensor& layer_output, const at::Tensor& x) const {
  at::Tensor input = x.to(a.scalar_type());
  if (training && dropout > 0)
    input = input * at::empty_like(input).bernoulli_(1 - dropout, optional_generator(generator)).div_(1 - dropout);
  const at::Tensor change = at::linear(at::linear(input, a), b) * scale;
  return (layer_output + change).to(layer_output.scalar_type());
}

at::Tensor LoraBranch::weight_change() const {
  return at::matmul(b, a) * scale;
}

void LoraBranch::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  visitor({prefix + "lora_A.weight", &a, false});
  visitor({prefix + "lora_B.weight", &b, false});
}

std::shared_ptr<LoraBranch> make_lora_branch(const at::Tensor& weight, std::int64_t r, const at::Generator& generator) {
  C2C_CHECK(weight.dim() == 2 && r > 0, "a LoRA branch belongs to a matrix and has a rank");
  const at::NoGradGuard no_grad;
  const std::int64_t out = weight.size(0), in = weight.size(1);
  const auto draws = optional_generator(generator);
  linear_draw(r, in, draws);
  linear_draw(out, r, draws);
  auto branch = std::make_shared<LoraBranch>();
  // PEFT moves a new adapter to its layer's type before it widens it again.
  branch->a = linear_draw(r, in, draws).to(weight.device(), weight.scalar_type()).to(at::kFloat);
  branch->b = at::zeros({out, r}, at::TensorOptions(weight.device()).dtype(at::kFloat));
  return branch;
}

}  // namespace c2c
