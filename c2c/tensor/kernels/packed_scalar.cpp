// The oracle: what the other instruction sets must agree with, and what runs where there is none of them.
#include <cmath>
#include <cstring>

#include "c2c/base/float_bits.h"
#include "c2c/tensor/kernels/packed_tile.h"
#include "c2c/tensor/kernels/quantize_group.h"

namespace c2c::kernels {
namespace {

template <class T>
T read(const void* from, std::int64_t index) {
  T value;
  std::memcpy(&value, static_cast<const std::byte*>(from) + index * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
  return value;
}

float read_element(const void* from, std::int64_t index, Element type) {
  return type == Element::kF32 ? read<float>(from, index) : bfloat16_to_float(read<std::uint16_t>(from, index));
}

void clear(float* sums) {
  for (int o = 0; o < kPanelOutputs; ++o) sums[o] = 0;
}

void tile_f32(const TileInput& in, float* sums) {
  const auto* w = reinterpret_cast<const float*>(in.panel);
  clear(sums);
  for (std::int64_t k = 0; k < in.inputs; ++k, w += kPanelOutputs) {
    const auto x = read<float>(in.rows, k);
    for (int o = 0; o < kPanelOutputs; ++o) sums[o] += x * w[o];
  }
}

template <Element kRows>
void tile_bf16(const TileInput& in, float* sums) {
  const auto* w = reinterpret_cast<const std::uint16_t*>(in.panel);
  clear(sums);
  for (std::int64_t k = 0; k < in.inputs; ++k) {
    const float x = read_element(in.rows, k, kRows);
    const std::uint16_t* at = w + k / 2 * 2 * kPanelOutputs + k % 2;
    for (int o = 0; o < kPanelOutputs; ++o) sums[o] += x * bfloat16_to_float(at[2 * o]);
  }
}

template <WeightFormat kFormat>
int weight_at(const std::uint8_t* bytes, int o, int k) {
  constexpr int kStep = 4 * kPanelOutputs;
  if constexpr (kFormat == WeightFormat::kQ8) return bytes[k / 4 * kStep + 4 * o + k % 4] - 128;
  const int byte = bytes[k / 8 * kStep + 4 * o + k % 4];
  return (k % 8 < 4 ? byte & 15 : byte >> 4) - 8;
}

template <WeightFormat kFormat>
void tile_groups(const TileInput& in, float* sums) {
  constexpr std::int64_t kBytes = kFormat == WeightFormat::kQ8 ? kQ8GroupBytes : kQ4GroupBytes;
  clear(sums);
  for (std::int64_t g = 0; g < in.steps; ++g) {
    const auto x = read<RowGroup>(in.rows, g);
    const std::byte* group = in.panel + g * kBytes;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(group + kScaleBytes);
    for (int o = 0; o < kPanelOutputs; ++o) {
      int dot = 0;
      for (int k = 0; k < kGroupInputs; ++k) dot += x.values[k] * weight_at<kFormat>(bytes, o, k);
      const float scale = half_to_float(read<std::uint16_t>(group, o)) * x.scale;
      sums[o] += static_cast<float>(dot) * scale;
    }
  }
}

// erfc keeps the relative precision of the negative tail, where 1 + erf would cancel.
float gelu(float y) {
  const double value = y;
  return static_cast<float>(0.5 * value * std::erfc(-0.70710678118654752 * value));
}

}  // namespace

const TileSet& scalar_tiles(WeightFormat weights, RowFormat rows) {
  static constexpr TileSet kF32{1, {nullptr, tile_f32}};
  static constexpr TileSet kBf16{1, {nullptr, tile_bf16<Element::kBf16>}};
  static constexpr TileSet kBf16F32{1, {nullptr, tile_bf16<Element::kF32>}};
  static constexpr TileSet kQ8{1, {nullptr, tile_groups<WeightFormat::kQ8>}};
  static constexpr TileSet kQ4{1, {nullptr, tile_groups<WeightFormat::kQ4>}};
  switch (weights) {
    case WeightFormat::kF32:
      return kF32;
    case WeightFormat::kBf16:
      return rows == RowFormat::kBf16 ? kBf16 : kBf16F32;
    case WeightFormat::kQ8:
      return kQ8;
    default:
      return kQ4;
  }
}

void store_scalar(const float* tile, std::int64_t rows, std::int64_t outputs, const Outputs& out) {
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t o = 0; o < outputs; ++o) {
      float value = tile[r * kPanelOutputs + o];
      if (out.bias != nullptr) value += read_element(out.bias, o, out.bias_type);
      if (out.gelu) value = gelu(value);
      if (out.residual != nullptr) value += read_element(out.residual, r * out.residual_stride + o, out.residual_type);
      auto* y = static_cast<std::byte*>(out.y);
      const std::uint16_t rounded = float_to_bfloat16(value);
      if (out.type == Element::kF32)
        std::memcpy(y + 4 * (r * out.y_stride + o), &value, 4);
      else
        std::memcpy(y + 2 * (r * out.y_stride + o), &rounded, 2);
    }
}

void quantize_row_scalar(const SourceRows& x, std::int64_t in, std::int64_t row, RowGroup* out) {
  for (std::int64_t begin = 0; begin < in; begin += kGroupInputs, ++out) {
    float values[kGroupInputs] = {};
    const std::int64_t count = in - begin < kGroupInputs ? in - begin : kGroupInputs;
    for (std::int64_t i = 0; i < count; ++i) values[i] = read_element(x.data, row * x.stride + begin + i, x.type);
    RowGroup group{};
    const float largest = largest_magnitude(values);
    group.scale = std::isinf(largest) ? NAN : largest / 127.0F;
    // Of a number too small to be inverted nothing is left.
    const float by = largest > 0x1p-100F && !std::isinf(largest) ? 127.0F / largest : 0.0F;
    int sum = 0;
    for (int i = 0; i < kGroupInputs; ++i) {
      const float scaled = by == 0 ? 0.0F : round_near(values[i] * by);
      group.values[i] = static_cast<std::int8_t>(scaled);
      sum += group.values[i];
    }
    group.negative_sum8 = -8 * sum;
    std::memcpy(out, &group, sizeof(group));
  }
}

}  // namespace c2c::kernels
