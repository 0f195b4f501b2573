// How a projector's parameters come into being: drawn as torch.nn.Linear draws them, or as shapes only (no memory) when
// a checkpoint is about to fill them.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "c2c/tensor/nn/linear.h"

namespace c2c {

// While one lives on this thread, parameters are made on the meta device: a hostile projector_i.json then costs
// nothing.
class ShapesOnly {
 public:
  ShapesOnly();
  ~ShapesOnly();
  ShapesOnly(const ShapesOnly&) = delete;
  ShapesOnly& operator=(const ShapesOnly&) = delete;
  static bool active();

 private:
  bool before_;
};

// Weight, then bias, uniform in +-1/sqrt(in) from at's default CPU generator in `dtype`: the reference's values for the
// same seed.
Linear draw_linear(std::int64_t in, std::int64_t out, bool with_bias, at::ScalarType dtype);
at::Tensor constant_parameter(at::IntArrayRef shape, double value, at::ScalarType dtype);
void zero_parameters(Linear& linear);

}  // namespace c2c
