// The same kernels by instruction set; row_kernels.h chooses.
#pragma once
#include "c2c/tensor/kernels/isa.h"
#include "c2c/tensor/kernels/row_kernels.h"

#define C2C_DECLARE_ROW_KERNELS(target)                                                        \
  template <class T>                                                                           \
  target void rms_norm_row(const NormRow<T>& row);                                             \
  template <class T>                                                                           \
  target void rope_row(const T* x, const T* cosine, const T* sine, T* out, std::int64_t size); \
  template <class T>                                                                           \
  target void gated_row(const T* gate, const T* up, T* out, std::int64_t size, Gate kind);     \
  template <class T>                                                                           \
  target void add_row(const T* a, const T* b, T* out, std::int64_t size);                      \
  template <class T>                                                                           \
  target void softmax_row(const SoftmaxRow<T>& row);                                           \
  template <class T>                                                                           \
  target float quantize_row(const T* x, std::int8_t* out, std::int64_t size);                  \
  template <class T>                                                                           \
  target void dequantize_row(const std::int8_t* x, float scale, T* out, std::int64_t size);

namespace c2c::kernels {
namespace scalar {
C2C_DECLARE_ROW_KERNELS()
}
#ifdef C2C_X86
namespace avx2 {
C2C_DECLARE_ROW_KERNELS(C2C_AVX2)
}
namespace avx512 {
C2C_DECLARE_ROW_KERNELS(C2C_AVX512)
}
#endif
}  // namespace c2c::kernels

#define C2C_INSTANTIATE_ROW_KERNELS(T)                                       \
  template void rms_norm_row<T>(const NormRow<T>&);                          \
  template void rope_row<T>(const T*, const T*, const T*, T*, std::int64_t); \
  template void gated_row<T>(const T*, const T*, T*, std::int64_t, Gate);    \
  template void add_row<T>(const T*, const T*, T*, std::int64_t);            \
  template void softmax_row<T>(const SoftmaxRow<T>&);                        \
  template float quantize_row<T>(const T*, std::int8_t*, std::int64_t);      \
  template void dequantize_row<T>(const std::int8_t*, float, T*, std::int64_t);
