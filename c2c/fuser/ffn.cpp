#include "c2c/fuser/ffn.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "c2c/fuser/parameters.h"

namespace c2c {

FfnBlock::FfnBlock(std::int64_t hidden, std::int64_t width, double dropout, at::ScalarType dtype)
    : norm_(constant_parameter({hidden}, 1.0, dtype)),
      w1_(draw_linear(hidden, width, false, dtype)),
      w2_(draw_linear(width, hidden, false, dtype)),
      dropout_(dropout) {}

at::Tensor FfnBlock::operator()(const at::Tensor& x, bool training) const {
  const at::Tensor normed = block_norm(x, norm_);
  if (training || at::GradMode::is_enabled()) {
    at::Tensor inner = w2_(at::gelu(w1_(normed)));
    if (training && dropout_ > 0) inner = at::dropout(inner, dropout_, /*train=*/true);
    return x + inner;
  }
  return w2_.add_to(w1_.gelu(normed), x);
}

void FfnBlock::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  visitor({prefix + "norm.weight", &norm_, false});
  w1_.visit(prefix + "w1.", visitor);
  w2_.visit(prefix + "w2.", visitor);
}

void FfnBlock::visit_linears(const std::string& prefix, const LinearVisitor& visitor) {
  visitor(prefix + "w1", w1_);
  visitor(prefix + "w2", w2_);
}

FfnStack::FfnStack(std::int64_t count, std::int64_t hidden, std::int64_t width, double dropout, at::ScalarType dtype) {
  blocks_.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) blocks_.emplace_back(hidden, width, dropout, dtype);
}

at::Tensor FfnStack::operator()(at::Tensor x, bool training) const {
  for (const auto& block : blocks_) x = block(x, training);
  return x;
}

void FfnStack::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    blocks_[i].visit(prefix + "blocks." + std::to_string(i) + ".", visitor);
}

void FfnStack::visit_linears(const std::string& prefix, const LinearVisitor& visitor) {
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    blocks_[i].visit_linears(prefix + "blocks." + std::to_string(i) + ".", visitor);
}

}  // namespace c2c
