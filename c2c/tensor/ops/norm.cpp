#include "c2c/tensor/ops/norm.h"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>

#include "c2c/tensor/kernels/row_kernels.h"
#include "c2c/tensor/ops/crew.h"
#include "c2c/tensor/ops/on_kernels.h"

namespace c2c {
namespace {

bool fits(const at::Tensor& x, const at::Tensor& weight) {
  return on_kernels(x) && on_kernels(weight) && x.scalar_type() == weight.scalar_type() && weight.dim() == 1 &&
         x.dim() > 0 && x.size(-1) == weight.size(0) && weight.is_contiguous() && x.numel() > 0;
}

at::Tensor normed(const at::Tensor& x, const at::Tensor& weight, double eps, kernels::NormForm form) {
  const at::Tensor rows = x.contiguous();
  at::Tensor out = at::detail::empty_cpu(rows.sizes(), rows.scalar_type());
  const std::int64_t size = weight.size(0);
  run_as(rows.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const T *from = numbers<T>(rows), *gain = numbers<T>(weight);
    T* to = numbers_out<T>(out);
    Crew::ranges(rows.numel() / size, 1 + grain_of(3) / size, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        kernels::rms_norm_row<T>({from + i * size, gain, to + i * size, size, static_cast<float>(eps), form});
    });
  });
  return out;
}

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, bool unit_offset) {
  if (fits(x, weight))
    return normed(x, weight, eps, unit_offset ? kernels::NormForm::kOffset : kernels::NormForm::kRounded);
  const std::int64_t size = x.size(-1);
  if (unit_offset) return at::rms_norm(x.to(at::kFloat), size, weight.to(at::kFloat) + 1.0, eps).to(x.scalar_type());
  return at::rms_norm(x, size, /*weight=*/{}, eps) * weight;
}

at::Tensor rms_norm_rounded_once(const at::Tensor& x, const at::Tensor& weight, double eps) {
  if (fits(x, weight)) return normed(x, weight, eps, kernels::NormForm::kFloat);
  if (x.scalar_type() != at::kBFloat16 && x.scalar_type() != at::kHalf)
    return at::rms_norm(x, weight.sizes(), weight, eps);
  return at::rms_norm(x.to(at::kFloat), weight.sizes(), weight.to(at::kFloat), eps).to(x.scalar_type());
}

}  // namespace c2c
