#include "c2c/tensor/kernels/lanes_avx2.h"
#include "c2c/tensor/kernels/row_variants.h"

#ifdef C2C_X86
#define C2C_KERNEL C2C_AVX2
#define C2C_INLINE C2C_INLINE_AVX2
namespace c2c::kernels::avx2 {
#include "c2c/tensor/kernels/exponential_body.h"
// After what it needs.
#include "c2c/tensor/kernels/row_kernels_body.h"
}  // namespace c2c::kernels::avx2
#endif
