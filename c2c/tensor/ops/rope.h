// Rotary position embedding (Su et al. 2021) in the half-split layout of Hugging Face ("NEOX"): dimension i turns with
// dimension i + D/2. Legend: B batch, N tokens, H heads, D head size.
#pragma once
#include <ATen/core/Tensor.h>

namespace c2c {

// Cosines and sines of every token's angles, (B, N, 1, D) each; the first half of `sine` carries the minus sign.
struct RopeAngles {
  at::Tensor cosine, sine;
};

// positions (B, N) int64, frequencies (D/2) float32. Angles are computed in float32, then rounded to `dtype`.
RopeAngles rope_angles(const at::Tensor& positions_BN, const at::Tensor& frequencies, at::ScalarType dtype);

// x (B, N, H, D) -> the same shape, turned. Differentiable.
at::Tensor apply_rope(const at::Tensor& x_BNHD, const RopeAngles& angles);

}  // namespace c2c
