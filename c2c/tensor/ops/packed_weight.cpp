// Making packed weights, and reading single rows of them.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <array>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/tensor/kernels/packed_pack.h"
#include "c2c/tensor/ops/packed_linear.h"
#include "c2c/tensor/ops/packed_memory.h"

namespace c2c {
namespace {

constexpr std::int64_t kPanel = kernels::kPanelOutputs;

// Pointers to rows [begin, end) of a contiguous matrix.
template <class T>
struct RowPointers {
  std::array<const T*, kPanel> rows;
  std::size_t count;

  RowPointers(const T* first, std::int64_t begin, std::int64_t end, std::int64_t stride)
      : count(static_cast<std::size_t>(end - begin)) {
    for (std::size_t i = 0; i < count; ++i) rows[i] = first + (begin + static_cast<std::int64_t>(i)) * stride;
  }
  std::span<const T* const> span() const { return {rows.data(), count}; }
};

PackedWeight pack_floats(const at::Tensor& weight, const kernels::PackedShape& shape) {
  return pack_panels(shape, [&](std::int64_t begin, std::int64_t end, std::byte* panel) {
    // Panel by panel, so that no float32 copy of the whole is made.
    const at::Tensor part = weight.narrow(0, begin, end - begin).to(at::kFloat).contiguous();
    const RowPointers<float> rows(part.const_data_ptr<float>(), 0, end - begin, shape.in);
    kernels::pack_panel(shape, rows.span(), panel);
  });
}

}  // namespace

PackedWeight pack_panels(const kernels::PackedShape& shape, const PanelPacker& pack) {
  PackedWeight packed{shape, packed_memory(shape.bytes())};
  at::parallel_for(0, shape.panels(), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = begin; p < end; ++p)
      pack(p * kPanel, std::min((p + 1) * kPanel, shape.out), packed.data.get() + p * shape.panel_bytes());
  });
  return packed;
}

PackedWeight pack_weight(const at::Tensor& weight, WeightFormat format) {
  C2C_CHECK(weight.dim() == 2 && weight.device().is_cpu() && weight.is_floating_point(),
            "a weight to be packed is (out, in), floating-point, on the CPU");
  const kernels::PackedShape shape{format, weight.size(1), weight.size(0)};
  const at::Tensor plain = weight.detach().contiguous();
  if (format != WeightFormat::kBf16 || plain.scalar_type() != at::kBFloat16) return pack_floats(plain, shape);
  const auto* data = static_cast<const std::byte*>(plain.const_data_ptr());
  return pack_panels(shape, [&](std::int64_t begin, std::int64_t end, std::byte* panel) {
    kernels::pack_panel_bf16(shape, RowPointers<std::byte>(data, begin, end, 2 * shape.in).span(), panel);
  });
}

at::Tensor packed_rows(const PackedWeight& weight, const at::Tensor& ids, at::ScalarType dtype) {
  const kernels::PackedShape& shape = weight.shape;
  C2C_CHECK(ids.scalar_type() == at::kLong && ids.device().is_cpu(), "rows of a packed weight are asked for by int64");
  const at::Tensor flat = ids.contiguous();
  const auto* id = flat.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < flat.numel(); ++i)
    C2C_CHECK(id[i] >= 0 && id[i] < shape.out, "a row of a packed weight that is not there");
  std::vector<std::int64_t> sizes = ids.sizes().vec();
  sizes.push_back(shape.in);
  at::Tensor rows = at::empty(sizes, at::kFloat);
  auto* out = rows.data_ptr<float>();
  at::parallel_for(0, flat.numel(), 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) kernels::unpack_row(shape, weight.data.get(), id[i], out + i * shape.in);
  });
  return rows.to(dtype);
}

}  // namespace c2c
