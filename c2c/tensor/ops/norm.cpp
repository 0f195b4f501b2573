#include "c2c/tensor/ops/norm.h"

#include <ATen/ATen.h>

namespace c2c {

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, bool unit_offset) {
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor scaled = wide * wide.square().mean(-1, /*keepdim=*/true).add_(eps).rsqrt_();
  if (unit_offset) return (scaled * (weight.to(at::kFloat) + 1.0)).to(x.scalar_type());
  return scaled.to(x.scalar_type()) * weight;
}

}  // namespace c2c
