#include "c2c/tensor/ops/activation.h"

#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>

#include "c2c/tensor/kernels/row_kernels.h"
#include "c2c/tensor/ops/crew.h"
#include "c2c/tensor/ops/on_kernels.h"

namespace c2c {
namespace {

bool alike(const at::Tensor& x, const at::Tensor& y) {
  return on_kernels(x) && on_kernels(y) && x.scalar_type() == y.scalar_type() && x.sizes() == y.sizes();
}

// out[i] = kernel(a[i], b[i]), `cost` tenths of a nanosecond each.
template <class Kernel>
at::Tensor elementwise(const at::Tensor& x, const at::Tensor& y, std::int64_t cost, const Kernel& kernel) {
  const at::Tensor a = x.contiguous(), b = y.contiguous();
  at::Tensor out = at::detail::empty_cpu(a.sizes(), a.scalar_type());
  run_as(a.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const T *from_a = numbers<T>(a), *from_b = numbers<T>(b);
    T* to = numbers_out<T>(out);
    Crew::ranges(a.numel(), grain_of(cost), [&](std::int64_t begin, std::int64_t end) {
      kernel(from_a + begin, from_b + begin, to + begin, end - begin);
    });
  });
  return out;
}

}  // namespace

at::Tensor gated_activation(const at::Tensor& gate, const at::Tensor& up, Activation activation) {
  if (!alike(gate, up)) return (activation == Activation::kSilu ? at::silu(gate) : at::gelu(gate, "tanh")) * up;
  const kernels::Gate kind = activation == Activation::kSilu ? kernels::Gate::kSilu : kernels::Gate::kGeluTanh;
  return elementwise(gate, up, 10, [kind](const auto* a, const auto* b, auto* out, std::int64_t size) {
    kernels::gated_row(a, b, out, size, kind);
  });
}

at::Tensor residual_add(const at::Tensor& x, const at::Tensor& y) {
  if (!alike(x, y)) return x + y;
  return elementwise(
      x, y, 3, [](const auto* a, const auto* b, auto* out, std::int64_t size) { kernels::add_row(a, b, out, size); });
}

}  // namespace c2c
