// One query token over its cache. The cache is cut into splits at fixed places, so that threads can share a row; each
// split leaves a partial result, and partial results are merged in order (log-sum-exp). A row's bits therefore depend
// on nothing but the row. Legend: G queries that share a kv head, D head size.
#pragma once
#include <cstdint>

#include "c2c/tensor/kernels/kv_view.h"

namespace c2c::kernels {

inline constexpr std::int64_t kSplitTokens = 256;  // splits begin at multiples of it

struct AttendSplit {
  const KvView* kv = nullptr;
  std::int64_t head = 0;            // kv head
  std::int64_t begin = 0, end = 0;  // tokens, 1 to kSplitTokens of them
  const float* query = nullptr;     // (G, D)
  // The same, if the query is bfloat16: lets a bfloat16 cache be multiplied as it is. May be null.
  const std::uint16_t* query_bf16 = nullptr;
  std::int64_t queries = 0;  // G
  float scale = 1, soft_cap = 0;
  float* out = nullptr;  // (G, D + 2): sum of weight * value, then the largest score, then the sum of weights
};
void attend_split(const AttendSplit& split);

// parts: of one query, split after split, `stride` floats from one to the next. T: float or bfloat16 bits.
template <class T>
void merge_splits(const float* parts, std::int64_t stride, std::int64_t splits, std::int64_t head_size, T* out);

}  // namespace c2c::kernels
