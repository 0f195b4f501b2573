#include "c2c/io/formats/dequantize.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "c2c/base/error.h"
#include "c2c/base/float_bits.h"

// Every product below is exact in float32 (11-bit scales times at most 6+6 bits), so the order of the remaining
// addition, and whether it is fused, does not show: ggml, gguf-py and this file agree in every bit.
namespace c2c {
namespace {

constexpr int kSmallBlock = 32;
constexpr int kSuperBlock = 256;

// Plain bytes, any alignment.
using Block = const std::uint8_t*;

template <class T>
T load(Block at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}
float load_half(Block at) {
  return half_to_float(load<std::uint16_t>(at));
}

// half scale; 16 bytes: low nibbles are the first 16 values, high nibbles the others.
void block_q4_0(Block in, float* out) {
  const float scale = load_half(in);
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * static_cast<float>((in[2 + i] & 15) - 8);
    out[i + 16] = scale * static_cast<float>((in[2 + i] >> 4) - 8);
  }
}

// half scale, half minimum, nibbles.
void block_q4_1(Block in, float* out) {
  const float scale = load_half(in);
  const float minimum = load_half(in + 2);
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * static_cast<float>(in[4 + i] & 15) + minimum;
    out[i + 16] = scale * static_cast<float>(in[4 + i] >> 4) + minimum;
  }
}

// The fifth bits of the 32 values are one little-endian word.
int five_bits(int nibble, std::uint32_t high, int index) {
  return nibble | static_cast<int>((high >> index & 1U) << 4);
}

// half scale, fifth bits, nibbles.
void block_q5_0(Block in, float* out) {
  const float scale = load_half(in);
  const auto high = load<std::uint32_t>(in + 2);
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * static_cast<float>(five_bits(in[6 + i] & 15, high, i) - 16);
    out[i + 16] = scale * static_cast<float>(five_bits(in[6 + i] >> 4, high, i + 16) - 16);
  }
}

// half scale, half minimum, fifth bits, nibbles.
void block_q5_1(Block in, float* out) {
  const float scale = load_half(in);
  const float minimum = load_half(in + 2);
  const auto high = load<std::uint32_t>(in + 4);
  for (int i = 0; i < 16; ++i) {
    out[i] = scale * static_cast<float>(five_bits(in[8 + i] & 15, high, i)) + minimum;
    out[i + 16] = scale * static_cast<float>(five_bits(in[8 + i] >> 4, high, i + 16)) + minimum;
  }
}

// half scale, 32 signed bytes.
void block_q8_0(Block in, float* out) {
  const float scale = load_half(in);
  for (int i = 0; i < kSmallBlock; ++i) out[i] = static_cast<float>(static_cast<std::int8_t>(in[2 + i])) * scale;
}

// Eight 6-bit scales and eight 6-bit minima in 12 bytes: the first four of each whole, the others' upper two bits in
// the top of those, their lower four in the last four bytes.
struct ScaleMin {
  std::array<float, 8> scale;
  std::array<float, 8> minimum;
};
ScaleMin load_scale_min(Block in) {
  const float scale = load_half(in);
  const float minimum = load_half(in + 2);
  const Block packed = in + 4;
  ScaleMin result{};
  for (std::size_t i = 0; i < 4; ++i) {
    result.scale[i] = scale * static_cast<float>(packed[i] & 63);
    result.minimum[i] = minimum * static_cast<float>(packed[i + 4] & 63);
    result.scale[i + 4] = scale * static_cast<float>((packed[i + 8] & 15) | (packed[i] >> 6 << 4));
    result.minimum[i + 4] = minimum * static_cast<float>((packed[i + 8] >> 4) | (packed[i + 4] >> 6 << 4));
  }
  return result;
}

// half scale, half minimum, 12 bytes of scales, 128 bytes of nibbles: per 32 bytes, low nibbles then high nibbles.
void block_q4_k(Block in, float* out) {
  const ScaleMin group = load_scale_min(in);
  for (std::size_t g = 0; g < 8; ++g) {
    const Block nibbles = in + 16 + g / 2 * 32;
    const int shift = g % 2 == 0 ? 0 : 4;
    for (std::size_t i = 0; i < 32; ++i)
      out[g * 32 + i] = group.scale[g] * static_cast<float>(nibbles[i] >> shift & 15) - group.minimum[g];
  }
}

// As Q4_K with 32 bytes of fifth bits before the nibbles: bit g of byte i belongs to value i of group g.
void block_q5_k(Block in, float* out) {
  const ScaleMin group = load_scale_min(in);
  const Block high = in + 16;
  for (std::size_t g = 0; g < 8; ++g) {
    const Block nibbles = in + 48 + g / 2 * 32;
    const int shift = g % 2 == 0 ? 0 : 4;
    for (std::size_t i = 0; i < 32; ++i) {
      const int value = (nibbles[i] >> shift & 15) | (high[i] >> g & 1) << 4;
      out[g * 32 + i] = group.scale[g] * static_cast<float>(value) - group.minimum[g];
    }
  }
}

// 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales, half scale. Each half of 128 values takes 64
// bytes of nibbles (two rows of 32, low nibbles then high ones) and 32 bytes of pairs.
void block_q6_k(Block in, float* out) {
  const float scale = load_half(in + 208);
  for (std::size_t group = 0; group < 8; ++group) {
    const std::size_t part = group % 4;
    const Block low = in + group / 4 * 64 + part % 2 * 32;
    const Block high = in + 128 + group / 4 * 32;
    const std::size_t low_shift = part / 2 * 4;
    for (std::size_t i = 0; i < 32; ++i) {
      const int value = ((low[i] >> low_shift & 15) | (high[i] >> (2 * part) & 3) << 4) - 32;
      const auto group_scale = static_cast<std::int8_t>(in[192 + group * 2 + i / 16]);
      out[group * 32 + i] = scale * static_cast<float>(group_scale) * static_cast<float>(value);
    }
  }
}

using BlockFn = void (*)(Block, float*);
BlockFn block_function(DType type) {
  switch (type) {
    case DType::kQ4_0:
      return block_q4_0;
    case DType::kQ4_1:
      return block_q4_1;
    case DType::kQ5_0:
      return block_q5_0;
    case DType::kQ5_1:
      return block_q5_1;
    case DType::kQ8_0:
      return block_q8_0;
    case DType::kQ4_K:
      return block_q4_k;
    case DType::kQ5_K:
      return block_q5_k;
    case DType::kQ6_K:
      return block_q6_k;
    default:
      return nullptr;
  }
}

template <class T, class Convert>
void convert_each(Block in, float* out, std::int64_t numel, Convert convert) {
  for (std::int64_t i = 0; i < numel; ++i) out[i] = convert(load<T>(in + static_cast<std::size_t>(i) * sizeof(T)));
}

void check_source(DType type, Bytes source, std::int64_t numel) {
  C2C_CHECK(source.size() == tensor_bytes(type, numel), "bytes do not fit the number of elements");
}

}  // namespace

void dequantize_to_float(DType type, Bytes source, float* out, std::int64_t numel) {
  check_source(type, source, numel);
  const auto in = reinterpret_cast<Block>(source.data());
  if (const BlockFn block = block_function(type)) {
    const auto elements = static_cast<std::int64_t>(dtype_block_elements(type));
    const std::size_t bytes = dtype_block_bytes(type);
    for (std::int64_t b = 0; b < numel / elements; ++b)
      block(in + static_cast<std::size_t>(b) * bytes, out + b * elements);
    return;
  }
  if (numel == 0) return;
  switch (type) {
    case DType::kF64:
      return convert_each<double>(in, out, numel, [](double value) { return static_cast<float>(value); });
    case DType::kF32:
      std::memcpy(out, in, source.size());
      return;
    case DType::kF16:
      return convert_each<std::uint16_t>(in, out, numel, half_to_float);
    case DType::kBF16:
      return convert_each<std::uint16_t>(in, out, numel, bfloat16_to_float);
    default:
      fail_input({.where = "tensor conversion",
                  .found = "element type " + std::string(dtype_name(type)),
                  .expected = "a floating-point or block type"});
  }
}

void dequantize_to_bfloat16(DType type, Bytes source, std::uint16_t* out, std::int64_t numel) {
  check_source(type, source, numel);
  if (type == DType::kBF16) {
    if (numel > 0) std::memcpy(out, source.data(), source.size());
    return;
  }
  std::array<float, 4 * kSuperBlock> buffer;  // a multiple of every block size
  for (std::int64_t done = 0; done < numel; done += static_cast<std::int64_t>(buffer.size())) {
    const std::int64_t count = std::min(numel - done, static_cast<std::int64_t>(buffer.size()));
    const Bytes part = source.subspan(tensor_bytes(type, done), tensor_bytes(type, count));
    dequantize_to_float(type, part, buffer.data(), count);
    for (std::int64_t i = 0; i < count; ++i) out[done + i] = float_to_bfloat16(buffer[static_cast<std::size_t>(i)]);
  }
}

}  // namespace c2c
