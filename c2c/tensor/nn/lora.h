// The low-rank branch of a linear layer (Hu et al. 2021), as PEFT computes it: y = W x + scale * B(A(dropout(x))), the
// branch in float32 whatever the layer's type, and the sum cast back to it.
#pragma once
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>

#include "c2c/tensor/nn/module.h"

namespace c2c {

struct LoraBranch {
  at::Tensor a;          // (r, in), float32
  at::Tensor b;          // (out, r), float32
  double scale = 1.0;    // alpha / r
  double dropout = 0.0;  // [0, 1), applied while `training`
  bool training = false;
  at::Generator generator;  // of the dropout's draws; undefined: torch's default one

  // layer_output: W x (+ bias), (..., out); x: (..., in). Differentiable in x, a and b.
  at::Tensor add_to(const at::Tensor& layer_output, const at::Tensor& x) const;
  at::Tensor weight_change() const;                                        // scale * B A: (out, in), float32
  void visit(const std::string& prefix, const ParameterVisitor& visitor);  // lora_A.weight, lora_B.weight
};

// A fresh branch for a layer's weight (out, in), on its device: A Kaiming-uniform with a = sqrt 5, B zero. Draws as
// PEFT does (also what nn.Linear draws before it is overwritten), so that one seed gives one adapter there and here.
std::shared_ptr<LoraBranch> make_lora_branch(const at::Tensor& weight, std::int64_t r, const at::Generator& generator);

}  // namespace c2c
