// The most probable token of each row.
#pragma once
#include <ATen/core/Tensor.h>

namespace c2c::ops {

// logits (B, V) or (V) -> int64 (B) or (): at::argmax(logits, -1), its choices included (the first of equal ones, the
// first NaN if there is one). LibTorch's own goes number by number on CPU: 1 % of a small model's decode step.
at::Tensor argmax(const at::Tensor& logits);

}  // namespace c2c::ops
