#include "c2c/fuser/heads.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

namespace c2c {

at::Tensor flat_heads(const at::Tensor& x_BHND, at::ScalarType dtype) {
  const auto B = x_BHND.size(0), H = x_BHND.size(1), N = x_BHND.size(2), D = x_BHND.size(3);
  return x_BHND.transpose(1, 2).reshape({B, N, H * D}).to(dtype);
}

at::Tensor unflat_heads(const at::Tensor& x_BNC, std::int64_t heads) {
  const auto B = x_BNC.size(0), N = x_BNC.size(1), C = x_BNC.size(2);
  return x_BNC.view({B, N, heads, C / heads}).transpose(1, 2);
}

at::Tensor join_heads(const at::Tensor& source_BHND, const at::Tensor& target_BHND, at::ScalarType dtype) {
  if (at::GradMode::is_enabled() && (source_BHND.requires_grad() || target_BHND.requires_grad()))
    return at::cat({flat_heads(source_BHND, dtype), flat_heads(target_BHND, dtype)}, -1);
  const auto B = target_BHND.size(0), N = target_BHND.size(2);
  const auto in = source_BHND.size(1) * source_BHND.size(3);
  const auto out = target_BHND.size(1) * target_BHND.size(3);
  at::Tensor joined = at::empty({B, N, in + out}, target_BHND.options().dtype(dtype));
  const auto place = [&](const at::Tensor& x, std::int64_t begin, std::int64_t width) {
    joined.narrow(2, begin, width).unflatten(2, {x.size(1), x.size(3)}).copy_(x.transpose(1, 2));
  };
  place(source_BHND, 0, in);
  place(target_BHND, in, out);
  return joined;
}

}  // namespace c2c
