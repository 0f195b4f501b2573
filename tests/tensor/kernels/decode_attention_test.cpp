// Decode attention by instruction set against its definition in double: formats, head sizes, group sizes, lengths.
#include "c2c/tensor/kernels/decode_attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "c2c/base/float_bits.h"
#include "c2c/tensor/kernels/isa.h"
#include "c2c/tensor/kernels/row_kernels.h"

namespace c2c::kernels {
namespace {

struct Shape {
  std::int64_t queries, size, tokens;
  KvFormat format = KvFormat::kF32;
  bool bf16_query = false;
  float soft_cap = 0;
};

// One kv head; its numbers end where the allocation ends, and begin `shift` elements behind its begin.
class Cache {
 public:
  Cache(const Shape& shape, std::int64_t shift) : shape_(shape), element_(kv_element_bytes(shape.format)) {
    std::normal_distribution<float> normal;
    for (Side* side : {&key_, &value_}) {
      side->bytes.resize(static_cast<std::size_t>((shape.tokens * shape.size + shift) * element_));
      for (std::int64_t t = 0; t < shape.tokens; ++t) {
        std::vector<float> token(static_cast<std::size_t>(shape.size));
        for (float& x : token) x = normal(engine_);
        hold(*side, token, (t * shape.size + shift) * element_);
      }
      side->view = {.data = side->bytes.data() + shift * element_,
                    .head_stride = 0,
                    .token_stride = shape.size * element_,
                    .scales = side->scales.data()};
    }
  }
  KvView view() const { return {shape_.format, key_.view, value_.view, shape_.tokens, 1, shape_.size}; }
  // As held.
  double key(std::int64_t t, std::int64_t d) const {
    return key_.numbers[static_cast<std::size_t>(t * shape_.size + d)];
  }
  double value(std::int64_t t, std::int64_t d) const {
    return value_.numbers[static_cast<std::size_t>(t * shape_.size + d)];
  }

 private:
  struct Side {
    std::vector<std::byte> bytes;
    std::vector<float> scales, numbers;
    KvSide view;
  };
  void hold(Side& side, const std::vector<float>& token, std::int64_t offset) {
    std::byte* to = side.bytes.data() + offset;
    if (shape_.format == KvFormat::kQ8) {
      std::vector<std::int8_t> packed(token.size());
      side.scales.push_back(quantize_row(token.data(), packed.data(), shape_.size));
      std::memcpy(to, packed.data(), packed.size());
      for (const std::int8_t x : packed) side.numbers.push_back(static_cast<float>(x) * side.scales.back());
      return;
    }
    for (const float x : token) {
      const std::uint16_t bits = float_to_bfloat16(x);
      const bool half = shape_.format == KvFormat::kBf16;
      std::memcpy(to, half ? static_cast<const void*>(&bits) : &x, static_cast<std::size_t>(element_));
      to += element_;
      side.numbers.push_back(half ? bfloat16_to_float(bits) : x);
    }
  }

  Shape shape_;
  std::int64_t element_;
  std::mt19937 engine_{7};
  Side key_, value_;
};

struct Query {
  std::vector<float> wide;
  std::vector<std::uint16_t> narrow;
  explicit Query(std::int64_t numbers) {
    std::mt19937 engine(9);
    std::normal_distribution<float> normal;
    for (std::int64_t i = 0; i < numbers; ++i) {
      narrow.push_back(float_to_bfloat16(normal(engine)));
      wide.push_back(bfloat16_to_float(narrow.back()));
    }
  }
};

constexpr float kScale = 0.3F;

std::vector<float> attend(const Shape& shape, const Cache& cache, const Query& query, std::int64_t begin = 0) {
  const KvView view = cache.view();
  const std::int64_t part = shape.queries * (shape.size + 2);
  std::vector<float> parts, out(static_cast<std::size_t>(shape.queries * shape.size));
  std::int64_t splits = 0;
  for (std::int64_t s = begin / kSplitTokens; s * kSplitTokens < shape.tokens; ++s, ++splits) {
    parts.resize(parts.size() + static_cast<std::size_t>(part));
    attend_split({.kv = &view,
                  .head = 0,
                  .begin = std::max(begin, s * kSplitTokens),
                  .end = std::min(shape.tokens, (s + 1) * kSplitTokens),
                  .query = query.wide.data(),
                  .query_bf16 = shape.bf16_query ? query.narrow.data() : nullptr,
                  .queries = shape.queries,
                  .scale = kScale,
                  .soft_cap = shape.soft_cap,
                  .out = parts.data() + parts.size() - part});
  }
  for (std::int64_t g = 0; g < shape.queries; ++g)
    merge_splits(parts.data() + g * (shape.size + 2), part, splits, shape.size, out.data() + g * shape.size);
  return out;
}

void expect_definition(const Shape& shape, std::int64_t shift, std::int64_t begin = 0) {
  const Cache cache(shape, shift);
  const Query query(shape.queries * shape.size);
  std::vector<double> want;
  for (std::int64_t g = 0; g < shape.queries; ++g) {
    std::vector<double> out(static_cast<std::size_t>(shape.size));
    double sum = 0;
    for (std::int64_t t = begin; t < shape.tokens; ++t) {
      double score = 0;
      for (std::int64_t d = 0; d < shape.size; ++d)
        score += static_cast<double>(query.wide[static_cast<std::size_t>(g * shape.size + d)]) * cache.key(t, d);
      score *= kScale;
      if (shape.soft_cap > 0) score = shape.soft_cap * std::tanh(score / shape.soft_cap);
      const double weight = std::exp(score);
      sum += weight;
      for (std::int64_t d = 0; d < shape.size; ++d) out[static_cast<std::size_t>(d)] += weight * cache.value(t, d);
    }
    for (const double x : out) want.push_back(x / sum);
  }
  for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
    const ScopedIsa use(isa);
    const std::vector<float> found = attend(shape, cache, query, begin);
    for (std::size_t i = 0; i < want.size(); ++i)
      ASSERT_NEAR(found[i], want[i], 2e-5) << isa_name(isa) << " G " << shape.queries << " D " << shape.size << " T "
                                           << shape.tokens << " " << kv_format_name(shape.format) << " " << i;
  }
}

const std::vector<KvFormat> kFormats = {KvFormat::kF32, KvFormat::kBf16, KvFormat::kQ8};

TEST(DecodeAttention, EqualsItsDefinitionAtEveryHeadSize) {
  for (const KvFormat format : kFormats)
    for (const bool narrow : {false, true})
      for (std::int64_t size = 1; size <= 70; ++size)
        expect_definition({1 + size % 5, size, 1 + size * 7 % 41, format, narrow}, size % 3);
}

TEST(DecodeAttention, EqualsItsDefinitionAtEveryLength) {
  for (const KvFormat format : kFormats) {
    for (std::int64_t tokens = 1; tokens <= 70; ++tokens) expect_definition({3, 64, tokens, format, true}, tokens % 16);
    for (const std::int64_t tokens : {255, 256, 257, 512, 700}) expect_definition({3, 32, tokens, format, true}, 1);
    expect_definition({2, 320, 40, format, false}, 0);  // larger than a widened tile
  }
}

TEST(DecodeAttention, EqualsItsDefinitionForEveryGroup) {
  for (const KvFormat format : kFormats)
    for (std::int64_t queries = 1; queries <= 19; ++queries) expect_definition({queries, 16, 37, format, true}, 0);
}

TEST(DecodeAttention, CapsScoresAndReadsAWindow) {
  for (const KvFormat format : kFormats) {
    expect_definition({3, 64, 300, format, true, 1.5F}, 0);
    for (const std::int64_t begin : {1, 255, 256, 299}) expect_definition({3, 64, 300, format, true}, 0, begin);
  }
}

TEST(DecodeAttention, MergesPartsWhoseScoresLieFarApart) {
  // Two splits of one query, D = 2: the second's scores are larger by 200, beyond what exp() in float32 could hold.
  const std::vector<float> parts = {4.0F, 8.0F, -100.0F, 2.0F, 3.0F, 9.0F, 100.0F, 3.0F};
  std::vector<float> out(2);
  merge_splits(parts.data(), 4, 2, 2, out.data());
  EXPECT_FLOAT_EQ(out[0], 1.0F);
  EXPECT_FLOAT_EQ(out[1], 3.0F);
}

TEST(DecodeAttention, PassesNaNOn) {
  const Shape shape{2, 16, 20};
  const Cache cache(shape, 0);
  Query query(32);
  query.wide[3] = NAN;
  for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
    const ScopedIsa use(isa);
    const std::vector<float> found = attend(shape, cache, query);
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(std::isnan(found[i]), i < 16) << isa_name(isa);
  }
}

TEST(KvFormat, NamesGoBothWays) {
  for (const KvFormat format : kFormats) EXPECT_EQ(kv_format_from_name(kv_format_name(format)), format);
  EXPECT_FALSE(kv_format_from_name("q4"));
}

}  // namespace
}  // namespace c2c::kernels
