#include "c2c/tensor/kernels/packed_pack.h"

#include <algorithm>
#include <cstring>

#include "c2c/tensor/kernels/isa.h"
#include "c2c/tensor/kernels/lanes_avx2.h"
#include "c2c/tensor/kernels/quantize_group.h"

namespace c2c::kernels {
namespace {

constexpr std::size_t kGgmlScaleBytes = 2;
constexpr std::size_t kQ8Block = kGgmlScaleBytes + 32;
constexpr std::size_t kQ4Block = kGgmlScaleBytes + 16;

using QuantizeFn = WeightGroup (*)(const float*);

WeightGroup q8_scalar(const float* w) {
  return quantize_q8(w);
}
WeightGroup q4_scalar(const float* w) {
  return quantize_q4(w);
}
#ifdef C2C_X86
C2C_AVX2 WeightGroup q8_avx2(const float* w) {
  return quantize_q8(w);
}
C2C_AVX2 WeightGroup q4_avx2(const float* w) {
  return quantize_q4(w);
}
#endif

QuantizeFn quantizer(WeightFormat format) {
  const bool q8 = format == WeightFormat::kQ8;
#ifdef C2C_X86
  if (isa() >= Isa::kAvx2) return q8 ? q8_avx2 : q4_avx2;
#endif
  return q8 ? q8_scalar : q4_scalar;
}

// One output's part of a group.
void store_group(WeightFormat format, const WeightGroup& from, std::size_t output, std::byte* group) {
  std::memcpy(group + 2 * output, &from.scale, 2);
  auto* bytes = reinterpret_cast<std::uint8_t*>(group + kScaleBytes) + 4 * output;
  constexpr std::size_t kStep = 4 * kPanelOutputs;
  if (format == WeightFormat::kQ8) {
    for (std::size_t k = 0; k < kGroupInputs; ++k)
      bytes[k / 4 * kStep + k % 4] = static_cast<std::uint8_t>(from.values[k] + 128);
    return;
  }
  for (std::size_t k = 0; k < kGroupInputs; k += 8)
    for (std::size_t i = 0; i < 4; ++i)
      bytes[k / 8 * kStep + i] =
          static_cast<std::uint8_t>((from.values[k + i] + 8) | (from.values[k + 4 + i] + 8) << 4);
}

WeightGroup load_group(WeightFormat format, std::size_t output, const std::byte* group) {
  WeightGroup into{};
  std::memcpy(&into.scale, group + 2 * output, 2);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(group + kScaleBytes) + 4 * output;
  constexpr std::size_t kStep = 4 * kPanelOutputs;
  for (std::size_t k = 0; k < kGroupInputs; ++k) {
    const int byte = format == WeightFormat::kQ8 ? bytes[k / 4 * kStep + k % 4] : bytes[k / 8 * kStep + k % 4];
    const int value = format == WeightFormat::kQ8 ? byte - 128 : ((k % 8 < 4 ? byte & 15 : byte >> 4) - 8);
    into.values[k] = static_cast<std::int8_t>(value);
  }
  return into;
}

void pack_groups(const PackedShape& shape, std::span<const float* const> rows, std::byte* panel) {
  const QuantizeFn quantize = quantizer(shape.format);
  const WeightGroup zero{};
  for (std::int64_t g = 0; g < shape.steps(); ++g) {
    const std::int64_t begin = g * kGroupInputs, count = std::min(kGroupInputs, shape.in - begin);
    for (std::size_t o = 0; o < kPanelOutputs; ++o) {
      std::array<float, kGroupInputs> padded{};
      if (o < rows.size()) std::copy_n(rows[o] + begin, count, padded.begin());
      store_group(shape.format, o < rows.size() ? quantize(padded.data()) : zero, o, panel + g * shape.step_bytes());
    }
  }
}

// convert: row number and input to the 16 bits.
template <class At>
void pack_pairs(const PackedShape& shape, std::size_t rows, std::byte* panel, At at) {
  auto* out = reinterpret_cast<std::uint16_t*>(panel);
  for (std::int64_t k = 0; k < 2 * shape.steps(); k += 2)
    for (std::size_t o = 0; o < kPanelOutputs; ++o) {
      *out++ = o < rows ? at(o, k) : std::uint16_t{0};
      *out++ = o < rows && k + 1 < shape.in ? at(o, k + 1) : std::uint16_t{0};
    }
}

}  // namespace

void pack_panel(const PackedShape& shape, std::span<const float* const> rows, std::byte* panel) {
  if (shape.format == WeightFormat::kBf16)
    return pack_pairs(shape, rows.size(), panel,
                      [&](std::size_t o, std::int64_t k) { return float_to_bfloat16(rows[o][k]); });
  if (shape.format != WeightFormat::kF32) return pack_groups(shape, rows, panel);
  auto* out = reinterpret_cast<float*>(panel);
  for (std::int64_t k = 0; k < shape.in; ++k)
    for (std::size_t o = 0; o < kPanelOutputs; ++o) *out++ = o < rows.size() ? rows[o][k] : 0.0F;
}

void pack_panel_bf16(const PackedShape& shape, std::span<const std::byte* const> rows, std::byte* panel) {
  pack_pairs(shape, rows.size(), panel, [&](std::size_t o, std::int64_t k) {
    std::uint16_t bits;
    std::memcpy(&bits, rows[o] + 2 * k, 2);
    return bits;
  });
}

void pack_panel_q8_0(const PackedShape& shape, std::span<const std::byte* const> rows, std::byte* panel) {
  for (std::int64_t g = 0; g < shape.steps(); ++g)
    for (std::size_t o = 0; o < kPanelOutputs; ++o) {
      WeightGroup group{};
      if (o < rows.size()) {
        const std::byte* block = rows[o] + static_cast<std::size_t>(g) * kQ8Block;
        std::memcpy(&group.scale, block, kGgmlScaleBytes);
        std::memcpy(group.values.data(), block + kGgmlScaleBytes, kGroupInputs);
      }
      store_group(WeightFormat::kQ8, group, o, panel + g * kQ8GroupBytes);
    }
}

void pack_panel_q4_0(const PackedShape& shape, std::span<const std::byte* const> rows, std::byte* panel) {
  for (std::int64_t g = 0; g < shape.steps(); ++g)
    for (std::size_t o = 0; o < kPanelOutputs; ++o) {
      WeightGroup group{};
      if (o < rows.size()) {
        const std::byte* block = rows[o] + static_cast<std::size_t>(g) * kQ4Block;
        std::memcpy(&group.scale, block, kGgmlScaleBytes);
        for (std::size_t i = 0; i < 16; ++i) {
          const int byte = std::to_integer<int>(block[kGgmlScaleBytes + i]);
          group.values[i] = static_cast<std::int8_t>((byte & 15) - 8);
          group.values[i + 16] = static_cast<std::int8_t>((byte >> 4) - 8);
        }
      }
      store_group(WeightFormat::kQ4, group, o, panel + g * kQ4GroupBytes);
    }
}

void unpack_row(const PackedShape& shape, const std::byte* packed, std::int64_t row, float* out) {
  const std::byte* panel = packed + row / kPanelOutputs * shape.panel_bytes();
  const std::int64_t o = row % kPanelOutputs;
  if (shape.format == WeightFormat::kF32) {
    const auto* from = reinterpret_cast<const float*>(panel) + o;
    for (std::int64_t k = 0; k < shape.in; ++k) out[k] = from[k * kPanelOutputs];
    return;
  }
  if (shape.format == WeightFormat::kBf16) {
    const auto* from = reinterpret_cast<const std::uint16_t*>(panel) + 2 * o;
    for (std::int64_t k = 0; k < shape.in; ++k) out[k] = bfloat16_to_float(from[k / 2 * 2 * kPanelOutputs + k % 2]);
    return;
  }
  for (std::int64_t g = 0; g < shape.steps(); ++g) {
    const WeightGroup group = load_group(shape.format, static_cast<std::size_t>(o), panel + g * shape.step_bytes());
    const float scale = half_to_float(group.scale);
    const std::int64_t count = std::min(kGroupInputs, shape.in - g * kGroupInputs);
    for (std::int64_t i = 0; i < count; ++i)
      out[g * kGroupInputs + i] = scale * static_cast<float>(group.values[static_cast<std::size_t>(i)]);
  }
}

}  // namespace c2c::kernels
