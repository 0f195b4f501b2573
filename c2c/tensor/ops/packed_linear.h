// y = x W^T + b over packed weights: checks, scratch and threads around kernels/packed_matmul.h. CPU, inference only.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "c2c/tensor/kernels/packed_layout.h"

namespace c2c {

struct PackedWeight {
  kernels::PackedShape shape;
  std::shared_ptr<std::byte> data;

  std::span<const std::byte> bytes() const { return {data.get(), static_cast<std::size_t>(shape.bytes())}; }
};

// One matrix applied to x: [residual +] [gelu](x W^T [+ bias]), all of it in float32 and rounded once.
struct PackedJob {
  const PackedWeight* weight = nullptr;
  at::Tensor bias;      // (out) or undefined
  at::Tensor residual;  // (..., out) or undefined
  bool gelu = false;    // the exact one
};

// x (..., in) -> (..., out) in x's dtype. bfloat16 and float32 are multiplied as they are (8-bit groups for q8 and q4),
// other types by way of float32. All jobs run in one parallel region.
at::Tensor packed_linear(const at::Tensor& x, const PackedJob& job);
std::vector<at::Tensor> packed_linear(const at::Tensor& x, std::span<const PackedJob> jobs);

// Rows `ids` (any shape, int64, checked) of W: (..., in).
at::Tensor packed_rows(const PackedWeight& weight, const at::Tensor& ids, at::ScalarType dtype);

// Fresh memory of this shape, filled panel by panel in parallel: pack(panel, its outputs [begin, end), where to).
using PanelPacker = std::function<void(std::int64_t begin, std::int64_t end, std::byte* panel)>;
PackedWeight pack_panels(const kernels::PackedShape& shape, const PanelPacker& pack);
// From a plain (out, in) weight on the CPU, of any floating-point type.
PackedWeight pack_weight(const at::Tensor& weight, WeightFormat format);

}  // namespace c2c
