// Row look-up: ids (B, N) -> (B, N, C). Its table also serves as the output head of tied models. Where nobody needs the
// head, the table may stay in its file: it is the largest tensor of a small model, and a prompt reads few of its rows.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>

#include "c2c/tensor/nn/module.h"

namespace c2c {

// Row `id` of a table, (C), on the CPU. Called from one thread.
using RowReader = std::function<at::Tensor(std::int64_t id)>;

class Embedding {
 public:
  Embedding() = default;
  explicit Embedding(at::Tensor weight) : weight_(std::move(weight)) {}
  at::Tensor operator()(const at::Tensor& ids) const;
  const at::Tensor& weight() const { return weight_; }
  // From now on rows come from `reader`; the weight is only a shape (a tensor of the meta device).
  void read_rows_with(RowReader reader) { reader_ = std::move(reader); }
  void visit(const std::string& prefix, const ParameterVisitor& visitor) {
    visitor({prefix + "weight", &weight_, false});
  }

 private:
  at::Tensor read_rows(const at::Tensor& ids) const;

  at::Tensor weight_;
  RowReader reader_;
};

}  // namespace c2c
