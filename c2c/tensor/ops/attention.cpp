#include "c2c/tensor/ops/attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>

#include "c2c/base/error.h"
#include "c2c/tensor/kernels/isa.h"
#include "c2c/tensor/kernels/row_kernels.h"
#include "c2c/tensor/ops/on_kernels.h"

namespace c2c {
namespace {

// Big enough for efficient matrix products, small enough that little is computed above the diagonal.
constexpr std::int64_t kBlockRows = 128;

using Block = AttentionMask::Block;

at::Tensor bias_of(const at::Tensor& readable, at::TensorOptions options) {
  double lowest = std::numeric_limits<float>::lowest();
  if (options.dtype() == at::kBFloat16) lowest = std::numeric_limits<at::BFloat16>::lowest();
  if (options.dtype() == at::kHalf) lowest = std::numeric_limits<at::Half>::lowest();
  return at::zeros(readable.sizes(), options).masked_fill_(readable.logical_not(), lowest);
}

// (rows, columns) bool: the band (c - window, c] of rows whose first stands in column `first`.
at::Tensor band(const Block& block, std::int64_t first, std::int64_t window, at::Device device) {
  const auto indices = at::TensorOptions(at::kLong).device(device);
  const at::Tensor row = at::arange(first, first + block.rows, indices).unsqueeze(1);
  const at::Tensor column = at::arange(block.column_begin, block.column_begin + block.columns, indices);
  const at::Tensor causal = column <= row;
  return window > 0 ? causal.logical_and_(column > row - window) : causal;
}

}  // namespace

AttentionMask::AttentionMask(std::int64_t queries, std::int64_t columns, std::int64_t window, const at::Tensor& real_BT,
                             at::TensorOptions options) {
  C2C_CHECK(queries > 0 && columns >= queries && window >= 0, "attention reads at least its own tokens");
  const std::int64_t past = columns - queries;
  at::Tensor triangle;  // of full blocks, shared
  for (std::int64_t begin = 0; begin < queries; begin += kBlockRows) {
    Block block{.row_begin = begin,
                .rows = std::min(kBlockRows, queries - begin),
                .window = window,
                .padded = real_BT.defined()};
    const std::int64_t first = past + begin, end = first + block.rows;
    block.column_begin = window > 0 ? std::max<std::int64_t>(0, first - window + 1) : 0;
    block.columns = end - block.column_begin;
    const bool window_cuts = window > 0 && block.rows > 1 && end > window;
    if (real_BT.defined()) {
      const at::Tensor real = real_BT.narrow(1, block.column_begin, block.columns).unsqueeze(1);
      const at::Tensor readable = band(block, first, window, options.device()).logical_and(real);
      block.bias = bias_of(readable, options).unsqueeze(1).unsqueeze(1);
    } else if (window_cuts) {
      block.bias = bias_of(band(block, first, window, options.device()), options).view({1, 1, 1, block.rows, -1});
    } else if (block.rows > 1) {
      if (!triangle.defined() || triangle.size(-1) != block.rows) {
        const Block square{.rows = block.rows, .columns = block.rows};
        triangle = bias_of(band(square, 0, 0, options.device()), options).view({1, 1, 1, block.rows, block.rows});
      }
      block.bias = triangle;
    }
    blocks_.push_back(std::move(block));
  }
}

namespace {

// One query per row of the batch: the G queries of a kv head stand in for the query axis, so that nothing is repeated
// (several times as fast as enable_gqa here).
at::Tensor attend_one(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const Block& block,
                      double scale) {
  const std::int64_t batch = query.size(0), kv_heads = key.size(1), head_size = query.size(3);
  const at::Tensor out = at::scaled_dot_product_attention(
      query.reshape({batch, kv_heads, -1, head_size}), key, value,
      block.bias.defined() ? std::optional<at::Tensor>(block.bias.squeeze(2)) : std::nullopt,
      /*dropout_p=*/0.0, /*is_causal=*/false, scale);
  return out.reshape({batch, 1, -1});
}

// Whether decode_attention() can read these.
bool decodes(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const Block& block) {
  return query.size(1) == 1 && !block.bias.defined() && on_kernels(query) && on_kernels(key) && on_kernels(value) &&
         key.scalar_type() == value.scalar_type() && key.stride(3) == 1 && value.stride(3) == 1;
}

kernels::KvSide side_of(const at::Tensor& x, std::int64_t row) {
  const std::int64_t bytes = x.element_size();
  return {.data = static_cast<const std::byte*>(x.const_data_ptr()) + row * x.stride(0) * bytes,
          .head_stride = x.stride(1) * bytes,
          .token_stride = x.stride(2) * bytes};
}

at::Tensor decode(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, std::int64_t window,
                  const AttentionScale& scale) {
  std::vector<kernels::KvView> rows;
  for (std::int64_t b = 0; b < query.size(0); ++b)
    rows.push_back({.format = key.scalar_type() == at::kFloat ? KvFormat::kF32 : KvFormat::kBf16,
                    .key = side_of(key, b),
                    .value = side_of(value, b),
                    .tokens = key.size(2),
                    .kv_heads = key.size(1),
                    .head_size = key.size(3)});
  return decode_attention(query, rows, window, scale);
}

// In place, no bias needed: of a row's columns only those are looked at that it reads. A row's bits do not depend on
// the block it is in.
template <class T>
void band_softmax(const at::Tensor& scores, const Block& block) {
  T* data = numbers_out<T>(scores);
  const std::int64_t columns = block.columns, own = columns - block.rows;  // the first row's last column
  at::parallel_for(0, scores.numel() / columns, 1 + grain_of(5) / columns, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scratch(static_cast<std::size_t>(columns));
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t last = own + i % block.rows;
      kernels::softmax_row<T>({.x = data + i * columns,
                               .first = block.window > 0 ? std::max<std::int64_t>(0, last - block.window + 1) : 0,
                               .end = last + 1,
                               .size = columns,
                               .scratch = scratch.data()});
    }
  });
}

// scores (B * K, G * rows, columns), overwritten.
at::Tensor weights_of(const at::Tensor& scores, const Block& block) {
  if (!block.padded && on_kernels(scores) && scores.is_contiguous()) {
    run_as(scores.scalar_type(), [&](auto zero) { band_softmax<decltype(zero)>(scores, block); });
    return scores;
  }
  if (block.bias.defined())
    scores.unflatten(1, {-1, block.rows})
        .narrow(-1, block.columns - block.bias.size(-1), block.bias.size(-1))
        .unflatten(0, {block.bias.size(0), -1})
        .add_(block.bias);
  return scores.softmax(-1);
}

// -> (B, rows, K, G, D). Plain matrix products beat LibTorch's CPU flash attention twofold in bfloat16 and skip what
// lies above the diagonal and outside the window.
at::Tensor attend_block(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const Block& block,
                        const AttentionScale& scale) {
  const std::int64_t batch = query.size(0), kv_heads = key.size(1), head_size = query.size(3);
  const std::int64_t groups = query.size(2) / kv_heads;
  const at::Tensor rows = query.narrow(1, block.row_begin, block.rows)
                              .view({batch, block.rows, kv_heads, groups, head_size})
                              .permute({0, 2, 3, 1, 4})
                              .reshape({batch * kv_heads, groups * block.rows, head_size});
  const at::Tensor unused = at::empty({1, 1, 1}, query.options());
  at::Tensor scores = at::baddbmm(unused, rows, key.flatten(0, 1).transpose(1, 2), /*beta=*/0, /*alpha=*/scale.scale);
  if (scale.soft_cap > 0) scores = (scores / scale.soft_cap).tanh() * scale.soft_cap;
  return at::bmm(weights_of(scores, block), value.flatten(0, 1))
      .view({batch, kv_heads, groups, block.rows, head_size})
      .permute({0, 3, 1, 2, 4});
}

// Rows of one head behind each other, or the products below would copy them once per block.
at::Tensor dense_heads(const at::Tensor& x) {
  return x.stride(3) == 1 && x.stride(2) == x.size(3) ? x : x.contiguous();
}

// Without AVX-512 LibTorch multiplies bfloat16 matrices number by number, on one core: half of a prefill's time.
// Widened, the same products are float32's fast ones, and only their result is rounded.
bool widens(const at::Tensor& query) {
  return query.size(1) > 1 && query.scalar_type() == at::kBFloat16 && query.is_cpu() &&
         kernels::isa() < kernels::Isa::kAvx512;
}

at::Tensor attend_blocks(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                         const AttentionMask& mask, const AttentionScale& scale) {
  const at::Tensor keys = dense_heads(key), values = dense_heads(value);
  std::vector<at::Tensor> outputs;
  outputs.reserve(mask.blocks().size());
  for (const Block& block : mask.blocks()) {
    const at::Tensor block_keys = keys.narrow(2, block.column_begin, block.columns);
    const at::Tensor block_values = values.narrow(2, block.column_begin, block.columns);
    if (query.size(1) == 1 && scale.soft_cap <= 0)
      return attend_one(query, block_keys, block_values, block, scale.scale);
    outputs.push_back(attend_block(query, block_keys, block_values, block, scale));
  }
  const at::Tensor joined = outputs.size() == 1 ? outputs.front() : at::cat(outputs, 1);
  return joined.reshape({query.size(0), query.size(1), -1});
}

}  // namespace

at::Tensor attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const AttentionMask& mask,
                     const AttentionScale& scale) {
  C2C_CHECK(query.dim() == 4 && key.dim() == 4 && key.sizes() == value.sizes() && query.size(2) % key.size(1) == 0 &&
                query.size(3) == key.size(3),
            "attention: query (B, N, H, D), key and value (B, K, T, D), H a multiple of K");
  C2C_CHECK(mask.blocks().back().column_begin + mask.blocks().back().columns == key.size(2),
            "attention: the mask was made for another number of tokens");
  if (const Block& block = mask.blocks().front(); decodes(query, key, value, block))
    return decode(query, key, value, block.column_begin > 0 ? block.columns : 0, scale);
  if (widens(query))
    return attend_blocks(query.to(at::kFloat), key.to(at::kFloat), value.to(at::kFloat), mask, scale)
        .to(query.scalar_type());
  return attend_blocks(query, key, value, mask, scale);
}

}  // namespace c2c
