// How a weight matrix W (out, in) lies in memory: panels of 32 outputs, each read from its first byte to its last.
//
// A panel, o = output in the panel, k = input; what is beyond the matrix is zero:
//   f32    float    [in][o 32]
//   bf16   bfloat16 [in / 2][o 32][k 2]                              pairs, as VDPBF16PS multiplies them
//   q8     groups of 32 inputs: half scale [o 32], then uint8 [8][o 32][k 4] = weight + 128   (VPDPBUSD: unsigned)
//   q4     groups of 32 inputs: half scale [o 32], then [4][o 32][4] bytes: weight + 8 of k 0..3 of eight in the low
//          nibbles, of k 4..7 in the high ones
// Every piece is a multiple of 64 bytes, so panels are aligned if their matrix is.
#pragma once
#include <cstddef>
#include <cstdint>

#include "c2c/tensor/kernels/weight_format.h"

namespace c2c::kernels {

inline constexpr std::int64_t kPanelOutputs = 32;
inline constexpr std::int64_t kGroupInputs = 32;
inline constexpr std::int64_t kPackedAlignment = 64;
inline constexpr std::int64_t kScaleBytes = 2 * kPanelOutputs;
inline constexpr std::int64_t kQ8GroupBytes = kScaleBytes + kGroupInputs * kPanelOutputs;
inline constexpr std::int64_t kQ4GroupBytes = kScaleBytes + kGroupInputs * kPanelOutputs / 2;

struct PackedShape {
  WeightFormat format = WeightFormat::kF32;
  std::int64_t in = 0, out = 0;

  std::int64_t panels() const { return (out + kPanelOutputs - 1) / kPanelOutputs; }
  // What a kernel loops over: inputs, pairs of inputs, or groups of them.
  std::int64_t steps() const {
    switch (format) {
      case WeightFormat::kF32:
        return in;
      case WeightFormat::kBf16:
        return (in + 1) / 2;
      default:
        return (in + kGroupInputs - 1) / kGroupInputs;
    }
  }
  std::int64_t step_bytes() const {
    switch (format) {
      case WeightFormat::kQ8:
        return kQ8GroupBytes;
      case WeightFormat::kQ4:
        return kQ4GroupBytes;
      default:
        return 4 * kPanelOutputs;
    }
  }
  std::int64_t panel_bytes() const { return steps() * step_bytes(); }
  std::int64_t bytes() const { return panels() * panel_bytes(); }
};

}  // namespace c2c::kernels
