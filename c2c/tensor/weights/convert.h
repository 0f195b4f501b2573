// Bytes of a tensor file to a tensor of another element type, in parallel and without a full-size copy between.
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>

#include "c2c/io/formats/descriptor.h"

namespace c2c {

// A fresh contiguous CPU tensor of `dtype` (kFloat, kDouble, kBFloat16, kHalf; integer and bool types for plain
// sources). `done` is called, from any thread, with each part of info.data that is not needed any more.
at::Tensor convert_tensor(const TensorInfo& info, at::ScalarType dtype, const std::function<void(Bytes)>& done);

}  // namespace c2c
