// y = epilogue(x W^T) for a range of panels (outputs) and rows. No threads and no allocation: ops/packed_linear.h has
// both. Every output is summed over the inputs in one order, whatever the range and the number of rows: a row's bits
// depend on the row and the instruction set only.
#pragma once
#include <cstddef>
#include <cstdint>

#include "c2c/tensor/kernels/packed_layout.h"
#include "c2c/tensor/kernels/packed_rows.h"

namespace c2c::kernels {

struct PackedMatrix {
  PackedShape shape;
  const std::byte* data = nullptr;  // 64-byte aligned
};

// Prepared rows: row_format() of the matrix, or x itself where it has that form (kF32, kBf16 with an even `in`).
struct PreparedRows {
  const std::byte* data = nullptr;  // 4-byte aligned is best, not needed
  std::int64_t stride_bytes = 0;
  RowFormat format = RowFormat::kF32;
};

// y = [residual +] [gelu](x W^T [+ bias]), in float32 and rounded once. gelu is the exact one, y * Phi(y). Strides
// count elements. The residual may be y itself.
struct Outputs {
  void* y = nullptr;
  std::int64_t y_stride = 0;
  const void* residual = nullptr;
  std::int64_t residual_stride = 0;
  const void* bias = nullptr;
  Element type = Element::kF32, residual_type = Element::kF32, bias_type = Element::kF32;
  bool gelu = false;
};

struct MatmulRange {
  std::int64_t panel_begin = 0, panel_end = 0, row_begin = 0, row_end = 0;
};

void packed_matmul(const PackedMatrix& w, const PreparedRows& x, const Outputs& out, const MatmulRange& range);

// Rows that a kernel takes at once: ranges of whole tiles are the best.
std::int64_t tile_rows(WeightFormat weights, RowFormat rows);

}  // namespace c2c::kernels
