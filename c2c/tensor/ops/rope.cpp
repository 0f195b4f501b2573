#include "c2c/tensor/ops/rope.h"

#include <ATen/ATen.h>

namespace c2c {

RopeAngles rope_angles(const at::Tensor& positions, const at::Tensor& frequencies, at::ScalarType dtype) {
  const at::Tensor angles = (positions.to(at::kFloat).unsqueeze(-1) * frequencies).unsqueeze(2);
  const at::Tensor cosine = angles.cos().to(dtype), sine = angles.sin().to(dtype);
  return {at::cat({cosine, cosine}, -1), at::cat({-sine, sine}, -1)};
}

at::Tensor apply_rope(const at::Tensor& x, const RopeAngles& angles) {
  return at::addcmul(x * angles.cosine, x.roll(x.size(-1) / 2, -1), angles.sine);
}

}  // namespace c2c
