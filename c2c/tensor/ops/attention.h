// Causal attention of new tokens over all cached ones, grouped queries without repeating K or V.
// Legend: B batch, N new tokens (queries), T all tokens (columns), H query heads, K kv heads, G = H / K, D head size.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "c2c/tensor/kernels/kv_view.h"
#include "c2c/tensor/ops/rope.h"

namespace c2c {

// Which columns each query reads, cut into blocks of queries so that no scores are computed that a whole block does
// not need. Made once per forward, shared by the layers of one kind. Query i stands in column T - N + i = c and reads
// the real columns of (c - window, c]; window 0 reads [0, c]. A query without any real column reads all its columns
// alike: finite, never NaN (cf. pytorch#127055).
class AttentionMask {
 public:
  struct Block {
    std::int64_t row_begin = 0, rows = 0;        // of the N queries
    std::int64_t column_begin = 0, columns = 0;  // of the T keys
    std::int64_t window = 0;                     // 0: all columns up to the row's own
    bool padded = false;                         // not all columns that the band allows are real
    at::Tensor bias;  // (B or 1, 1, 1, rows, w): 0 or the lowest number, for the last w columns; undefined: read all
  };

  // real_BT: bool, true = real token; undefined: all real. `options`: dtype and device of the queries.
  AttentionMask(std::int64_t queries, std::int64_t columns, std::int64_t window, const at::Tensor& real_BT,
                at::TensorOptions options);
  const std::vector<Block>& blocks() const { return blocks_; }

 private:
  std::vector<Block> blocks_;
};

struct AttentionScale {
  double scale = 1.0;   // of q . k
  double soft_cap = 0;  // > 0: scores become cap * tanh(score / cap)
};

// query (B, N, H, D), key and value (B, K, T, D) -> (B, N, H * D). Differentiable.
at::Tensor attention(const at::Tensor& query_BNHD, const at::Tensor& key_BKTD, const at::Tensor& value_BKTD,
                     const AttentionMask& mask, const AttentionScale& scale);

// One new token of each of B rows on its way into the caches: queries (B, 1, H * D) are turned in place, keys and
// values (B, 1, K * D) go to `places` (one per row; keys turned, in place too). All dense, float32 or bfloat16 as the
// angles, on the CPU. Not differentiable.
void append_token(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const RopeAngles& angles,
                  std::span<const kernels::KvPlace> places);

// One new token of each of B rows, each with a cache of its own, whatever their lengths: query (B, 1, H, D) or (B, 1, H
// * D) float32 or bfloat16 on the CPU, one view per row of all its tokens, the new one too -> (B, 1, H * D). `window`
// as above. A row's bits do not depend on the other rows or on the number of threads. Not differentiable.
at::Tensor decode_attention(const at::Tensor& query, std::span<const kernels::KvView> rows, std::int64_t window,
                            const AttentionScale& scale);

}  // namespace c2c
