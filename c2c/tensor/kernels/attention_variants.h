// attend_split() by instruction set; decode_attention.h chooses.
#pragma once
#include "c2c/tensor/kernels/decode_attention.h"
#include "c2c/tensor/kernels/isa.h"

namespace c2c::kernels {
namespace scalar {
void attend_split(const AttendSplit& split);
}
#ifdef C2C_X86
namespace avx2 {
C2C_AVX2 void attend_split(const AttendSplit& split);
}
namespace avx512 {
C2C_AVX512 void attend_split(const AttendSplit& split);
}
#endif
}  // namespace c2c::kernels
