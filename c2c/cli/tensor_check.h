// Reads tensors to the last byte and says what is in them.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

namespace c2c::cli {

struct TensorStats {
  std::int64_t elements = 0, not_finite = 0;
  double minimum = 0, maximum = 0, rms = 0;
};

// Of a float tensor on the CPU; statistics over the finite elements.
TensorStats tensor_stats(const at::Tensor& tensor);
std::string shape_text(at::IntArrayRef shape);  // "(576, 192)"

}  // namespace c2c::cli
