#include "c2c/cli/tensor_check.h"

#include <ATen/ATen.h>

namespace c2c::cli {

TensorStats tensor_stats(const at::Tensor& tensor) {
  TensorStats stats;
  stats.elements = tensor.numel();
  if (stats.elements == 0) return stats;
  at::Tensor values = tensor.detach().flatten().to(at::kFloat);
  const at::Tensor finite = at::isfinite(values);
  stats.not_finite = stats.elements - finite.sum().item<std::int64_t>();
  if (stats.not_finite > 0) values = values.masked_select(finite);
  if (values.numel() == 0) return stats;
  stats.minimum = values.min().item<double>();
  stats.maximum = values.max().item<double>();
  stats.rms = std::sqrt(values.square().mean(at::kDouble).item<double>());
  return stats;
}

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

}  // namespace c2c::cli
