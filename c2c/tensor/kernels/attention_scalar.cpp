// Plain loops: what runs without AVX2, and what the others are tested against.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "c2c/base/float_bits.h"
#include "c2c/tensor/kernels/attention_variants.h"

namespace c2c::kernels::scalar {
namespace {

// Element d of a token, before its scale. Tokens may lie at any address.
float element(KvFormat format, const std::byte* token, std::int64_t d) {
  if (format == KvFormat::kQ8) return static_cast<float>(static_cast<std::int8_t>(token[d]));
  if (format == KvFormat::kF32) {
    float value;
    std::memcpy(&value, token + 4 * d, sizeof value);
    return value;
  }
  std::uint16_t bits;
  std::memcpy(&bits, token + 2 * d, sizeof bits);
  return bfloat16_to_float(bits);
}

float scale_of(const KvView& kv, const KvSide& side, std::int64_t head, std::int64_t token) {
  return kv.format == KvFormat::kQ8 ? *side.scale_at(head, token) : 1.0F;
}

}  // namespace

void attend_split(const AttendSplit& split) {
  const KvView& kv = *split.kv;
  const std::int64_t size = kv.head_size;
  std::array<float, kSplitTokens> weights;
  for (std::int64_t g = 0; g < split.queries; ++g) {
    const float* query = split.query + g * size;
    float largest = -std::numeric_limits<float>::infinity();
    for (std::int64_t t = split.begin; t < split.end; ++t) {
      const std::byte* key = kv.key.at(split.head, t);
      float score = 0;
      for (std::int64_t d = 0; d < size; ++d) score += query[d] * element(kv.format, key, d);
      score *= split.scale * scale_of(kv, kv.key, split.head, t);
      if (split.soft_cap > 0) score = split.soft_cap * std::tanh(score / split.soft_cap);
      weights[static_cast<std::size_t>(t - split.begin)] = score;
      largest = std::max(largest, score);
    }
    float* out = split.out + g * (size + 2);
    std::fill(out, out + size, 0.0F);
    float sum = 0;
    for (std::int64_t t = split.begin; t < split.end; ++t) {
      const float weight = std::exp(weights[static_cast<std::size_t>(t - split.begin)] - largest);
      sum += weight;
      const float scaled = weight * scale_of(kv, kv.value, split.head, t);
      const std::byte* value = kv.value.at(split.head, t);
      for (std::int64_t d = 0; d < size; ++d) out[d] += scaled * element(kv.format, value, d);
    }
    out[size] = largest;
    out[size + 1] = sum;
  }
}

}  // namespace c2c::kernels::scalar
