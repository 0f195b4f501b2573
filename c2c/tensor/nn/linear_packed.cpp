// How a linear layer becomes a packed one.
#include <ATen/ATen.h>

#include <array>

#include "c2c/base/error.h"
#include "c2c/io/formats/dequantize.h"
#include "c2c/tensor/kernels/packed_pack.h"
#include "c2c/tensor/nn/linear.h"

namespace c2c {
namespace {

using kernels::kPanelOutputs;
using kernels::PackedShape;

// Where the rows of a file's tensor lie.
class FileRows {
 public:
  FileRows(const TensorInfo& info, const std::vector<std::int64_t>& order)
      : info_(info), order_(order), in_(info.shape[1]) {
    // A block never spans two rows (ggml's rule): else a row has no bytes of its own.
    const auto block = static_cast<std::int64_t>(dtype_block_elements(info.dtype));
    if (in_ % block != 0)
      fail_input(
          {.where = info.name,
           .key = "row length",
           .found = std::to_string(in_),
           .expected = "a multiple of " + std::to_string(block) + " for " + std::string(dtype_name(info.dtype))});
    row_bytes_ = tensor_bytes(info.dtype, in_);
    C2C_CHECK(info.data.size() == tensor_bytes(info.dtype, info.numel()), "tensor bytes do not fit its shape");
    C2C_CHECK(order.empty() || static_cast<std::int64_t>(order.size()) == info.shape[0], "an order names every row");
    for (const std::int64_t row : order)
      C2C_CHECK(row >= 0 && row < info.shape[0], "an order names rows of its tensor");
  }

  Bytes row(std::int64_t output) const {
    const std::int64_t from = order_.empty() ? output : order_[static_cast<std::size_t>(output)];
    return info_.data.subspan(static_cast<std::size_t>(from) * row_bytes_, row_bytes_);
  }
  Bytes range(std::int64_t begin, std::int64_t end) const {
    return info_.data.subspan(static_cast<std::size_t>(begin) * row_bytes_,
                              static_cast<std::size_t>(end - begin) * row_bytes_);
  }
  std::int64_t in() const { return in_; }
  DType type() const { return info_.dtype; }

 private:
  const TensorInfo& info_;
  const std::vector<std::int64_t>& order_;
  std::int64_t in_;
  std::size_t row_bytes_ = 0;
};

using PackRawFn = void (*)(const PackedShape&, std::span<const std::byte* const>, std::byte*);

// Bytes that need no arithmetic.
PackRawFn direct_way(DType from, WeightFormat to) {
  if (from == DType::kQ8_0 && to == WeightFormat::kQ8) return kernels::pack_panel_q8_0;
  if (from == DType::kQ4_0 && to == WeightFormat::kQ4) return kernels::pack_panel_q4_0;
  if (from == DType::kBF16 && to == WeightFormat::kBf16) return kernels::pack_panel_bf16;
  return nullptr;
}

void pack_file_panel(const FileRows& file, const PackedShape& shape, std::int64_t begin, std::int64_t end,
                     std::byte* panel) {
  const auto count = static_cast<std::size_t>(end - begin);
  if (const PackRawFn pack = direct_way(file.type(), shape.format)) {
    std::array<const std::byte*, kPanelOutputs> rows;
    for (std::size_t i = 0; i < count; ++i) rows[i] = file.row(begin + static_cast<std::int64_t>(i)).data();
    return pack(shape, {rows.data(), count}, panel);
  }
  std::vector<float> values(count * static_cast<std::size_t>(file.in()));
  std::array<const float*, kPanelOutputs> rows;
  for (std::size_t i = 0; i < count; ++i) {
    float* row = values.data() + i * static_cast<std::size_t>(file.in());
    dequantize_to_float(file.type(), file.row(begin + static_cast<std::int64_t>(i)), row, file.in());
    rows[i] = row;
  }
  kernels::pack_panel(shape, {rows.data(), count}, panel);
}

}  // namespace

void Linear::pack(WeightFormat format) {
  C2C_CHECK(packed_ == nullptr && weight_.defined(), "a layer is packed once, from its plain weight");
  set_packed(pack_weight(weight_, format));
}

void Linear::pack_blocks(const TensorInfo& info, WeightFormat format, const std::vector<std::int64_t>& row_order,
                         const std::function<void(Bytes)>& done) {
  C2C_CHECK(packed_ == nullptr, "a layer is packed once");
  if (info.shape.size() != 2 || (weight_.defined() && weight_.sizes() != at::IntArrayRef(info.shape)))
    fail_input({.where = info.name,
                .key = "shape",
                .found = shape_text(info.shape),
                .expected = weight_.defined() ? shape_text(weight_.sizes()) : "(out, in)"});
  const FileRows file(info, row_order);
  const PackedShape shape{format, info.shape[1], info.shape[0]};
  set_packed(pack_panels(shape, [&](std::int64_t begin, std::int64_t end, std::byte* panel) {
    pack_file_panel(file, shape, begin, end, panel);
    if (done && row_order.empty()) done(file.range(begin, end));
  }));
}

void Linear::set_packed(PackedWeight packed) {
  packed_ = std::make_shared<const PackedWeight>(std::move(packed));
  weight_ = at::Tensor();
}

std::optional<WeightFormat> Linear::format() const {
  if (packed_ == nullptr) return {};
  return packed_->shape.format;
}

std::span<const std::byte> Linear::packed_bytes() const {
  return packed_ == nullptr ? std::span<const std::byte>() : packed_->bytes();
}

at::Tensor Linear::rows(const at::Tensor& ids, at::ScalarType dtype) const {
  return packed_ == nullptr ? at::embedding(weight_, ids).to(dtype) : packed_rows(*packed_, ids, dtype);
}

}  // namespace c2c
