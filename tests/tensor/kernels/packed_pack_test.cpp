#include "c2c/tensor/kernels/packed_pack.h"

#include <gtest/gtest.h>

#include "c2c/io/formats/dequantize.h"
#include "tests/tensor/kernels/packed_cases.h"

namespace c2c {
namespace {

using kernels::PackedShape;
using testing::AlignedBytes;

// Random blocks of a ggml type with usable scales.
std::vector<std::byte> random_blocks(DType type, std::int64_t numel, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<std::byte> bytes(tensor_bytes(type, numel));
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(generator() & 255U);
  for (std::size_t at = 0; at < bytes.size(); at += dtype_block_bytes(type)) {
    const std::uint16_t scale = float_to_half(0.001F * static_cast<float>(generator() % 1000) - 0.5F);
    std::memcpy(&bytes[at], &scale, 2);
  }
  return bytes;
}

using PackFn = void (*)(const PackedShape&, std::span<const std::byte* const>, std::byte*);

void expect_same_numbers(DType type, WeightFormat format, PackFn pack) {
  for (const std::int64_t out : {1, 31, 32, 45}) {
    const PackedShape shape{format, 96, out};
    // One byte on: files align nothing.
    std::vector<std::byte> blocks = random_blocks(type, shape.in * out, static_cast<unsigned>(out));
    blocks.insert(blocks.begin(), std::byte{0});
    const std::size_t row_bytes = tensor_bytes(type, shape.in);
    const AlignedBytes packed(shape.bytes());
    for (std::int64_t p = 0; p < shape.panels(); ++p) {
      std::vector<const std::byte*> rows;
      for (std::int64_t o = 32 * p; o < std::min(out, 32 * p + 32); ++o)
        rows.push_back(blocks.data() + 1 + static_cast<std::size_t>(o) * row_bytes);
      pack(shape, rows, packed.data() + p * shape.panel_bytes());
    }
    for (std::int64_t o = 0; o < out; ++o) {
      std::vector<float> expected(96), found(96);
      dequantize_to_float(type, Bytes(blocks).subspan(1 + static_cast<std::size_t>(o) * row_bytes, row_bytes),
                          expected.data(), 96);
      kernels::unpack_row(shape, packed.data(), o, found.data());
      ASSERT_EQ(found, expected) << dtype_name(type) << " row " << o << " of " << out;
    }
  }
}

TEST(PackedPack, FileBlocksKeepEveryNumber) {
  expect_same_numbers(DType::kQ8_0, WeightFormat::kQ8, kernels::pack_panel_q8_0);
  expect_same_numbers(DType::kQ4_0, WeightFormat::kQ4, kernels::pack_panel_q4_0);
}

TEST(PackedPack, FloatsAreRoundedOnce) {
  const std::vector<float> values = testing::random_numbers(45 * 33, 3);
  const testing::PackedRandom f32({WeightFormat::kF32, 33, 45}, values), bf16({WeightFormat::kBf16, 33, 45}, values);
  EXPECT_EQ(f32.weights, values);
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(bf16.weights[i], bfloat16_to_float(float_to_bfloat16(values[i])));
}

double squared_error(const float* a, const float* b, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
  return sum;
}

TEST(PackedPack, Q8IsWithinHalfAStep) {
  const std::vector<float> values = testing::random_numbers(64 * 32, 4);
  const testing::PackedRandom q8({WeightFormat::kQ8, 64, 32}, values);
  for (std::size_t g = 0; g < values.size(); g += 32) {
    float largest = 0;
    for (std::size_t i = g; i < g + 32; ++i) largest = std::max(largest, std::abs(values[i]));
    for (std::size_t i = g; i < g + 32; ++i) EXPECT_LE(std::abs(q8.weights[i] - values[i]), 0.502F * largest / 127.0F);
  }
}

// llama.cpp's quantize_row_q4_0_ref.
void ggml_q4_0(const float* x, float* out) {
  float signed_largest = 0;
  for (int i = 0; i < 32; ++i)
    if (std::abs(x[i]) > std::abs(signed_largest)) signed_largest = x[i];
  const float scale = signed_largest / -8, by = scale != 0 ? 1 / scale : 0;
  for (int i = 0; i < 32; ++i) {
    const int q = std::min(15, static_cast<int>(static_cast<std::int8_t>(x[i] * by + 8.5F)));
    out[i] = half_to_float(float_to_half(scale)) * static_cast<float>(q - 8);
  }
}

// Ties are rounded another way, and the scale is rounded to half precision before it divides.
TEST(PackedPack, Q4IsAsGoodAsGgmls) {
  for (const kernels::Isa isa : {kernels::Isa::kScalar, kernels::machine_isa()}) {
    const kernels::ScopedIsa scope(isa);
    const std::vector<float> values = testing::random_numbers(320 * 64, 6);
    const testing::PackedRandom q4({WeightFormat::kQ4, 320, 64}, values);
    double ours = 0, theirs = 0;
    for (std::size_t g = 0; g < values.size(); g += 32) {
      float ggml[32];
      ggml_q4_0(&values[g], ggml);
      const float step = *std::max_element(ggml, ggml + 32, [](float a, float b) { return std::abs(a) < std::abs(b); });
      for (std::size_t i = 0; i < 32; ++i)
        EXPECT_LE(std::abs(q4.weights[g + i] - ggml[i]), 1.001F * std::abs(step) / 8);
      ours += squared_error(&q4.weights[g], &values[g], 32);
      theirs += squared_error(ggml, &values[g], 32);
    }
    EXPECT_LT(ours, 1.001 * theirs);
  }
}

TEST(PackedPack, EveryInstructionSetPacksTheSame) {
  const std::vector<float> values = testing::random_numbers(100 * 40, 7);
  for (const WeightFormat format : {WeightFormat::kQ8, WeightFormat::kQ4}) {
    const kernels::ScopedIsa scalar(kernels::Isa::kScalar);
    const testing::PackedRandom expected({format, 100, 40}, values);
    const kernels::ScopedIsa best(kernels::machine_isa());
    EXPECT_EQ(testing::PackedRandom({format, 100, 40}, values).weights, expected.weights);
  }
}

TEST(PackedPack, ExtremeGroups) {
  for (const WeightFormat format : {WeightFormat::kQ8, WeightFormat::kQ4})
    for (const float extreme : {0.0F, 1e-45F, 1e-30F, 6e-8F, 1e30F, INFINITY, -INFINITY, std::nanf("")}) {
      std::vector<float> values(64, extreme);
      values[3] = 0;
      const testing::PackedRandom packed({format, 64, 1}, values);
      for (const float value : packed.weights)
        EXPECT_EQ(std::isnan(value), !(std::abs(extreme) < 1e6F)) << extreme;  // beyond a half's range: NaN, not wrong
    }
}

}  // namespace
}  // namespace c2c
