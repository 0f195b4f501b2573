// Row look-up: ids (B, N) -> (B, N, C). Its table also serves as the output head of tied models.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>

#include "c2c/tensor/nn/module.h"

namespace c2c {

class Embedding {
 public:
  Embedding() = default;
  explicit Embedding(at::Tensor weight) : weight_(std::move(weight)) {}
  at::Tensor operator()(const at::Tensor& ids) const;
  const at::Tensor& weight() const { return weight_; }
  void visit(const std::string& prefix, const ParameterVisitor& visitor) {
    visitor({prefix + "weight", &weight_, false});
  }

 private:
  at::Tensor weight_;
};

}  // namespace c2c
