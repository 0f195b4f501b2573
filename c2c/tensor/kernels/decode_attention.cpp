#include "c2c/tensor/kernels/decode_attention.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "c2c/base/float_bits.h"
#include "c2c/tensor/kernels/attention_variants.h"
#include "c2c/tensor/kernels/isa.h"

namespace c2c::kernels {

void attend_split(const AttendSplit& split) {
#ifdef C2C_X86
  if (isa() == Isa::kAvx512) return avx512::attend_split(split);
  if (isa() == Isa::kAvx2) return avx2::attend_split(split);
#endif
  scalar::attend_split(split);
}

template <class T>
void merge_splits(const float* parts, std::int64_t stride, std::int64_t splits, std::int64_t head_size, T* out) {
  float largest = parts[head_size];
  for (std::int64_t s = 1; s < splits; ++s) largest = std::max(largest, parts[s * stride + head_size]);
  float weights = 0;
  for (std::int64_t s = 0; s < splits; ++s) {
    const float* part = parts + s * stride;
    weights += std::exp(part[head_size] - largest) * part[head_size + 1];
  }
  constexpr std::int64_t kBlock = 64;
  std::array<float, kBlock> sums;
  for (std::int64_t begin = 0; begin < head_size; begin += kBlock) {
    const std::int64_t count = std::min(kBlock, head_size - begin);
    sums.fill(0.0F);
    for (std::int64_t s = 0; s < splits; ++s) {
      const float* part = parts + s * stride;
      const float share = std::exp(part[head_size] - largest) / weights;
      for (std::int64_t d = 0; d < count; ++d) sums[static_cast<std::size_t>(d)] += share * part[begin + d];
    }
    for (std::int64_t d = 0; d < count; ++d) {
      const float sum = sums[static_cast<std::size_t>(d)];
      if constexpr (sizeof(T) == sizeof(float))
        out[begin + d] = sum;
      else
        out[begin + d] = float_to_bfloat16(sum);
    }
  }
}

template void merge_splits(const float*, std::int64_t, std::int64_t, std::int64_t, float*);
template void merge_splits(const float*, std::int64_t, std::int64_t, std::int64_t, std::uint16_t*);

}  // namespace c2c::kernels
