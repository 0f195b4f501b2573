// When an op runs on our kernels: on the CPU, in float32 or bfloat16, where no gradient is recorded.
#pragma once
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <cstdint>
#include <type_traits>

namespace c2c {

inline bool records_gradient(const at::Tensor& x) {
  return at::GradMode::is_enabled() && x.requires_grad();
}

inline bool has_kernels(at::ScalarType dtype) {
  return dtype == at::kFloat || dtype == at::kBFloat16;
}

// Keeps ops of this thread on LibTorch while it lives: where the same step is computed without gradients and again with
// them (gradient checkpointing), to the same bits.
class WithoutKernels {
 public:
  WithoutKernels() : before_(active()) { active() = true; }
  ~WithoutKernels() { active() = before_; }
  WithoutKernels(const WithoutKernels&) = delete;
  WithoutKernels& operator=(const WithoutKernels&) = delete;
  static bool& active() {
    static thread_local bool value = false;
    return value;
  }

 private:
  bool before_;
};

inline bool on_kernels(const at::Tensor& x) {
  return !WithoutKernels::active() && x.is_cpu() && x.layout() == at::kStrided && has_kernels(x.scalar_type()) &&
         !records_gradient(x) && !x.is_neg();
}

// The type kernels know a float32 or bfloat16 tensor's numbers by. run_as(dtype, [](auto zero) { ... decltype(zero) })
template <class F>
decltype(auto) run_as(at::ScalarType dtype, F&& f) {
  return dtype == at::kFloat ? f(float{}) : f(std::uint16_t{});
}

template <class T>
const T* numbers(const at::Tensor& x) {
  return static_cast<const T*>(x.const_data_ptr());
}
template <class T>
T* numbers_out(const at::Tensor& x) {
  return static_cast<T*>(x.mutable_data_ptr());
}

// Numbers that are worth a thread of their own; `cost`: of one, in tenths of a nanosecond.
constexpr std::int64_t grain_of(std::int64_t cost) {
  return 200000 / cost;
}

}  // namespace c2c
