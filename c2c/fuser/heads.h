// Cache layout and flat layout: flat(X): (B, H, N, D) -> (B, N, H D), head-major; unflat is its inverse.
#pragma once
#include <ATen/core/Tensor.h>

#include "c2c/model/cache/kv_cache.h"

namespace c2c {

at::Tensor flat_heads(const at::Tensor& x_BHND, at::ScalarType dtype);
// (B, N, H D) -> (B, H, N, D), a view.
at::Tensor unflat_heads(const at::Tensor& x_BNC, std::int64_t heads);
// concat(flat(source), flat(target)): (B, N, Hs Ds + Ht Dt). Without autograd each input is copied once, straight to
// its place.
at::Tensor join_heads(const at::Tensor& source_BHND, const at::Tensor& target_BHND, at::ScalarType dtype);

}  // namespace c2c
