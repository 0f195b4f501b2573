#include "c2c/tensor/nn/rms_norm.h"

#include "c2c/tensor/ops/norm.h"

namespace c2c {

RmsNorm::RmsNorm(at::Tensor weight, double eps, bool unit_offset)
    : weight_(std::move(weight)), eps_(eps), unit_offset_(unit_offset) {}

at::Tensor RmsNorm::operator()(const at::Tensor& x) const {
  return rms_norm(x, weight_, eps_, unit_offset_);
}

}  // namespace c2c
