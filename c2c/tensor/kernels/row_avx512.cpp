#include "c2c/tensor/kernels/lanes_avx512.h"
#include "c2c/tensor/kernels/row_variants.h"

#ifdef C2C_X86
#define C2C_KERNEL C2C_AVX512
#define C2C_INLINE C2C_INLINE_AVX512
namespace c2c::kernels::avx512 {
#include "c2c/tensor/kernels/exponential_body.h"
// After what it needs.
#include "c2c/tensor/kernels/row_kernels_body.h"
}  // namespace c2c::kernels::avx512
#endif
