#include "c2c/tensor/ops/norm.h"

#include <ATen/ATen.h>

namespace c2c {

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, bool unit_offset) {
  const std::int64_t size = x.size(-1);
  if (unit_offset) return at::rms_norm(x.to(at::kFloat), size, weight.to(at::kFloat) + 1.0, eps).to(x.scalar_type());
  return at::rms_norm(x, size, /*weight=*/{}, eps) * weight;
}

}  // namespace c2c
