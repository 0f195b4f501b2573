// attend_split() over the lanes of one instruction set; included as row_kernels_body.h is. No include guard.

inline constexpr std::int64_t kMaxQueries = 8;     // that share one pass over K and V
inline constexpr std::int64_t kWidenedSize = 256;  // largest head size whose tiles are widened once for all queries
inline constexpr int kBlockVectors = static_cast<int>(kLanes / 4);

// One kv head's tokens of a split.
template <class K>
struct Tokens {
  const std::byte* data;
  std::int64_t stride, count, size;

  const K* operator[](std::int64_t token) const { return reinterpret_cast<const K*>(data + token * stride); }
};

// kLanes tokens; behind the last one, the last again.
template <class K>
C2C_INLINE void tile_rows(const Tokens<K>& keys, std::int64_t begin, const K* (&rows)[kLanes]) {
  for (std::int64_t t = 0; t < kLanes; ++t) rows[t] = keys[begin + t < keys.count ? begin + t : keys.count - 1];
}

template <class K>
C2C_INLINE Lanes products(const float* query, const K* const (&rows)[kLanes], std::int64_t size) {
  Lanes sums[kLanes];
#pragma GCC unroll 16
  for (std::int64_t t = 0; t < kLanes; ++t) sums[t] = all(0.0F);
  std::int64_t d = 0;
  for (; d + kLanes <= size; d += kLanes) {
    const Lanes q = load(query + d);
#pragma GCC unroll 16
    for (std::int64_t t = 0; t < kLanes; ++t) sums[t] = fma(q, load(rows[t] + d), sums[t]);
  }
  if (const std::int64_t left = size - d; left > 0) {
    const Lanes q = load(query + d, left);
#pragma GCC unroll 16
    for (std::int64_t t = 0; t < kLanes; ++t) sums[t] = fma(q, load(rows[t] + d, left), sums[t]);
  }
  return sums_of(sums);
}

C2C_INLINE Lanes pair_products(const std::uint16_t* query, const std::uint16_t* const (&rows)[kLanes],
                               std::int64_t size) {
  Lanes sums[kLanes];
#pragma GCC unroll 16
  for (std::int64_t t = 0; t < kLanes; ++t) sums[t] = all(0.0F);
  for (std::int64_t d = 0; d + 4 * kLanes <= size; d += 4 * kLanes) {
    const Pairs q = load_pairs(query + d), r = load_pairs(query + d + 2 * kLanes);
#pragma GCC unroll 16
    for (std::int64_t t = 0; t < kLanes; ++t)
      sums[t] = add_products(add_products(sums[t], q, rows[t] + d), r, rows[t] + d + 2 * kLanes);
  }
  if (const std::int64_t d = size / (4 * kLanes) * 4 * kLanes; d < size) {
    const Pairs q = load_pairs(query + d);
#pragma GCC unroll 16
    for (std::int64_t t = 0; t < kLanes; ++t) sums[t] = add_products(sums[t], q, rows[t] + d);
  }
  return sums_of(sums);
}

C2C_INLINE void widen_rows(const std::int64_t size, const auto* const (&rows)[kLanes], float* wide) {
  for (std::int64_t t = 0; t < kLanes; ++t)
    for (std::int64_t d = 0; d < size; d += kLanes) {
      float* to = wide + t * size + d;
      if (size - d >= kLanes)
        store(to, load(rows[t] + d));
      else
        store(to, load(rows[t] + d, size - d), size - d);
    }
}

// q . k of queries [first, first + queries), unscaled.
template <class K>
C2C_INLINE void all_products(const AttendSplit& split, const Tokens<K>& keys, std::int64_t first, std::int64_t queries,
                             float (&scores)[kMaxQueries][kSplitTokens]) {
  const std::int64_t size = keys.size;
  alignas(64) float wide[kLanes * kWidenedSize];
  for (std::int64_t begin = 0; begin < keys.count; begin += kLanes) {
    const K* rows[kLanes];
    tile_rows(keys, begin, rows);
    if constexpr (sizeof(K) == 2) {
      if (split.query_bf16 != nullptr && size % (2 * kLanes) == 0) {
        for (std::int64_t g = 0; g < queries; ++g)
          store(scores[g] + begin, pair_products(split.query_bf16 + (first + g) * size, rows, size));
        continue;
      }
    }
    if (sizeof(K) < 4 && queries > 1 && size <= kWidenedSize) {
      widen_rows(size, rows, wide);
      const float* wide_rows[kLanes];
      for (std::int64_t t = 0; t < kLanes; ++t) wide_rows[t] = wide + t * size;
      for (std::int64_t g = 0; g < queries; ++g)
        store(scores[g] + begin, products(split.query + (first + g) * size, wide_rows, size));
      continue;
    }
    for (std::int64_t g = 0; g < queries; ++g)
      store(scores[g] + begin, products(split.query + (first + g) * size, rows, size));
  }
}

// Products become weights: exp(score - largest), times the values' scales. Leaves the largest and the sum in `out`.
C2C_INLINE void weigh(const AttendSplit& split, std::int64_t count, float (&scores)[kSplitTokens], float* out) {
  const float* key_scales = nullptr;
  const float* value_scales = nullptr;
  if (split.kv->format == KvFormat::kQ8) {
    key_scales = split.kv->key.scale_at(split.head, split.begin);
    value_scales = split.kv->value.scale_at(split.head, split.begin);
  }
  const Lanes scale = all(split.scale), cap = all(split.soft_cap), twice = all(2.0F / split.soft_cap);
  Lanes largest = all(-__builtin_inff());
  for (std::int64_t t = 0; t < count; t += kLanes) {
    const std::int64_t here = count - t < kLanes ? count - t : kLanes;
    Lanes score = load(scores + t) * scale;
    if (key_scales != nullptr) score = score * load(key_scales + t, here);
    if (split.soft_cap > 0)  // cap * tanh(score / cap)
      score = cap - all(2.0F) * cap / (all(1.0F) + exponential(score * twice));
    if (here < kLanes) {  // through memory only where it must be: what was just written in parts is slow to read
      store(scores + t, all(-__builtin_inff()));
      store(scores + t, score, here);
      score = load(scores + t);
    }
    store(scores + t, score);
    largest = maximum(score, largest);
  }
  const float most = largest_of(largest);
  Lanes sum = all(0.0F);
  for (std::int64_t t = 0; t < count; t += kLanes) {
    Lanes weight = exponential(load(scores + t) - all(most));
    sum = sum + weight;
    if (value_scales != nullptr) weight = weight * load(value_scales + t, count - t < kLanes ? count - t : kLanes);
    store(scores + t, weight);
  }
  out[0] = most;
  out[1] = sum_of(sum);
}

// V vectors of G queries' results, from dimension d on.
template <int G, int V, class K>
C2C_INLINE void add_values(const Tokens<K>& values, const float (*weights)[kSplitTokens], std::int64_t d, float* out) {
  Lanes sums[G][V];
#pragma GCC unroll 8
  for (int g = 0; g < G; ++g)
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) sums[g][v] = all(0.0F);
  const bool whole = values.size - d >= V * kLanes;  // else V is 1
  const std::int64_t left = values.size - d;
  for (std::int64_t t = 0; t < values.count; ++t) {
    const K* token = values[t] + d;
    Lanes value[V];
#pragma GCC unroll 8
    for (int v = 0; v < V; ++v) value[v] = whole ? load(token + v * kLanes) : load(token, left);
#pragma GCC unroll 8
    for (int g = 0; g < G; ++g) {
      const Lanes weight = all(weights[g][t]);
#pragma GCC unroll 8
      for (int v = 0; v < V; ++v) sums[g][v] = fma(weight, value[v], sums[g][v]);
    }
  }
  for (int g = 0; g < G; ++g)
    for (int v = 0; v < V; ++v) {
      float* to = out + g * (values.size + 2) + d + v * kLanes;
      if (whole)
        store(to, sums[g][v]);
      else
        store(to, sums[g][v], left);
    }
}

template <int G, class K>
C2C_INLINE void all_values(const Tokens<K>& values, const float (*weights)[kSplitTokens], float* out) {
  std::int64_t d = 0;
  for (; d + kBlockVectors * kLanes <= values.size; d += kBlockVectors * kLanes)
    add_values<G, kBlockVectors>(values, weights, d, out);
  for (; d < values.size; d += kLanes) add_values<G, 1>(values, weights, d, out);
}

template <class K>
C2C_KERNEL void attend(const AttendSplit& split) {
  const KvView& kv = *split.kv;
  const std::int64_t size = kv.head_size, count = split.end - split.begin;
  const Tokens<K> keys{kv.key.at(split.head, split.begin), kv.key.token_stride, count, size};
  const Tokens<K> values{kv.value.at(split.head, split.begin), kv.value.token_stride, count, size};
  for (std::int64_t first = 0; first < split.queries; first += kMaxQueries) {
    const std::int64_t queries = split.queries - first < kMaxQueries ? split.queries - first : kMaxQueries;
    alignas(64) float scores[kMaxQueries][kSplitTokens];
    all_products(split, keys, first, queries, scores);
    float* out = split.out + first * (size + 2);
    for (std::int64_t g = 0; g < queries; ++g) weigh(split, count, scores[g], out + g * (size + 2) + size);
    std::int64_t g = 0;
    for (; g + 4 <= queries; g += 4) all_values<4>(values, scores + g, out + g * (size + 2));
    if (queries - g == 3) all_values<3>(values, scores + g, out + g * (size + 2));
    if (queries - g == 2) all_values<2>(values, scores + g, out + g * (size + 2));
    if (queries - g == 1) all_values<1>(values, scores + g, out + g * (size + 2));
  }
}

C2C_KERNEL void attend_split(const AttendSplit& split) {
  if (split.kv->format == KvFormat::kF32)
    attend<float>(split);
  else if (split.kv->format == KvFormat::kBf16)
    attend<std::uint16_t>(split);
  else
    attend<std::int8_t>(split);
}
