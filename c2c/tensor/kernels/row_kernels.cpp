#include "c2c/tensor/kernels/row_kernels.h"

#include "c2c/tensor/kernels/isa.h"
#include "c2c/tensor/kernels/row_variants.h"

namespace c2c::kernels {

#ifdef C2C_X86
#define C2C_CHOOSE(call)   \
  switch (isa()) {         \
    case Isa::kAvx512:     \
      return avx512::call; \
    case Isa::kAvx2:       \
      return avx2::call;   \
    default:               \
      return scalar::call; \
  }
#else
#define C2C_CHOOSE(call) return scalar::call;
#endif

template <class T>
void rms_norm_row(const NormRow<T>& row) {
  C2C_CHOOSE(rms_norm_row(row))
}

template <class T>
void rope_row(const T* x, const T* cosine, const T* sine, T* out, std::int64_t size) {
  C2C_CHOOSE(rope_row(x, cosine, sine, out, size))
}

template <class T>
void gated_row(const T* gate, const T* up, T* out, std::int64_t size, Gate kind) {
  C2C_CHOOSE(gated_row(gate, up, out, size, kind))
}

template <class T>
void add_row(const T* a, const T* b, T* out, std::int64_t size) {
  C2C_CHOOSE(add_row(a, b, out, size))
}

template <class T>
void softmax_row(const SoftmaxRow<T>& row) {
  C2C_CHOOSE(softmax_row(row))
}

template <class T>
float quantize_row(const T* x, std::int8_t* out, std::int64_t size) {
  C2C_CHOOSE(quantize_row(x, out, size))
}

template <class T>
void dequantize_row(const std::int8_t* x, float scale, T* out,
                    std::int64_t size){C2C_CHOOSE(dequantize_row(x, scale, out, size))}

C2C_INSTANTIATE_ROW_KERNELS(float) C2C_INSTANTIATE_ROW_KERNELS(std::uint16_t)

}  // namespace c2c::kernels
