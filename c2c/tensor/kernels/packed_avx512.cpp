// 512-bit tiles: up to 12 rows times 32 outputs in 24 registers for float and bfloat16 products, up to 6 rows for 8-bit
// ones, which need as many again for their whole-number sums. Weights are loaded once a step and rows come by
// broadcast, so a tile is bound by the multiplier, and one row by the memory.
#include "c2c/tensor/kernels/packed_tile.h"

#ifdef C2C_X86
#include <array>
#include <cstring>
#include <utility>

#include "c2c/tensor/kernels/lanes_avx512.h"
#include "c2c/tensor/kernels/quantize_group.h"

namespace c2c::kernels {
namespace avx512 {
namespace {

constexpr int kGroupTileRows = 6;
C2C_INLINE_AVX512 __m512 broadcast(const std::byte* at) {
  float value;
  std::memcpy(&value, at, sizeof(value));
  return _mm512_set1_ps(value);
}
C2C_INLINE_AVX512 __m512i broadcast_word(const std::byte* at) {
  std::int32_t value;
  std::memcpy(&value, at, sizeof(value));
  return _mm512_set1_epi32(value);
}

template <int kRows>
struct Sums {
  __m512 low[kRows], high[kRows];

  C2C_INLINE_AVX512 void clear() {
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) low[r] = high[r] = _mm512_setzero_ps();
  }
  C2C_INLINE_AVX512 void save(float* tile) const {
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      _mm512_store_ps(tile + r * kPanelOutputs, low[r]);
      _mm512_store_ps(tile + r * kPanelOutputs + 16, high[r]);
    }
  }
};

template <int kRows>
struct RowPointers {
  const std::byte* at[kRows];

  C2C_INLINE_AVX512 explicit RowPointers(const TileInput& in) {
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) at[r] = in.rows + r * in.row_stride;
  }
};

template <int kRows>
C2C_AVX512 void tile_f32(const TileInput& in, float* tile) {
  Sums<kRows> sums;
  sums.clear();
  const RowPointers<kRows> rows(in);
  const std::byte* w = in.panel;
  for (std::int64_t at = 0; at < 4 * in.steps; at += 4, w += 128) {
    const __m512 low = _mm512_load_ps(w), high = _mm512_load_ps(w + 64);
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      const __m512 x = broadcast(rows.at[r] + at);
      sums.low[r] = _mm512_fmadd_ps(x, low, sums.low[r]);
      sums.high[r] = _mm512_fmadd_ps(x, high, sums.high[r]);
    }
  }
  sums.save(tile);
}

template <int kRows>
C2C_AVX512 void tile_bf16(const TileInput& in, float* tile) {
  Sums<kRows> sums;
  sums.clear();
  const RowPointers<kRows> rows(in);
  const std::byte* w = in.panel;
  for (std::int64_t at = 0; at < 4 * in.steps; at += 4, w += 128) {
    const auto low = reinterpret_cast<__m512bh>(_mm512_load_si512(w));
    const auto high = reinterpret_cast<__m512bh>(_mm512_load_si512(w + 64));
#pragma GCC unroll 12
    for (int r = 0; r < kRows; ++r) {
      const auto x = reinterpret_cast<__m512bh>(broadcast_word(rows.at[r] + at));
      sums.low[r] = _mm512_dpbf16_ps(sums.low[r], low, x);
      sums.high[r] = _mm512_dpbf16_ps(sums.high[r], high, x);
    }
  }
  sums.save(tile);
}

// One input of a pair, widened: `shift` 16 the first, 0 the second.
template <int kRows, bool kFirst>
C2C_INLINE_AVX512 void add_widened(Sums<kRows>& sums, __m512i low, __m512i high, const RowPointers<kRows>& rows,
                                   std::int64_t at) {
  const __m512i mask = _mm512_set1_epi32(static_cast<int>(0xFFFF0000U));
  const __m512 a = _mm512_castsi512_ps(kFirst ? _mm512_slli_epi32(low, 16) : _mm512_and_si512(low, mask));
  const __m512 b = _mm512_castsi512_ps(kFirst ? _mm512_slli_epi32(high, 16) : _mm512_and_si512(high, mask));
#pragma GCC unroll 12
  for (int r = 0; r < kRows; ++r) {
    const __m512 x = broadcast(rows.at[r] + at);
    sums.low[r] = _mm512_fmadd_ps(x, a, sums.low[r]);
    sums.high[r] = _mm512_fmadd_ps(x, b, sums.high[r]);
  }
}

template <int kRows>
C2C_AVX512 void tile_bf16_f32(const TileInput& in, float* tile) {
  Sums<kRows> sums;
  sums.clear();
  const RowPointers<kRows> rows(in);
  const std::byte* w = in.panel;
  const std::int64_t pairs = in.inputs / 2;
  for (std::int64_t pair = 0; pair < pairs; ++pair, w += 128) {
    const __m512i low = _mm512_load_si512(w), high = _mm512_load_si512(w + 64);
    add_widened<kRows, true>(sums, low, high, rows, 8 * pair);
    add_widened<kRows, false>(sums, low, high, rows, 8 * pair + 4);
  }
  if (in.inputs % 2 != 0)
    add_widened<kRows, true>(sums, _mm512_load_si512(w), _mm512_load_si512(w + 64), rows, 8 * pairs);
  sums.save(tile);
}

template <int kRows>
struct Dots {
  __m512i low[kRows], high[kRows];
};

// Four inputs: unsigned weights times signed rows.
template <int kRows>
C2C_INLINE_AVX512 void add_dots(Dots<kRows>& dots, __m512i low, __m512i high, const RowPointers<kRows>& rows,
                                std::int64_t at) {
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    const __m512i x = broadcast_word(rows.at[r] + at);
    dots.low[r] = _mm512_dpbusd_epi32(dots.low[r], low, x);
    dots.high[r] = _mm512_dpbusd_epi32(dots.high[r], high, x);
  }
}

template <int kRows>
C2C_INLINE_AVX512 void add_q8_group(Dots<kRows>& dots, const std::byte* w, const RowPointers<kRows>& rows,
                                    std::int64_t at) {
#pragma GCC unroll 8
  for (int k = 0; k < 8; ++k) {
    add_dots<kRows>(dots, _mm512_load_si512(w + 128 * k), _mm512_load_si512(w + 128 * k + 64), rows, at + 4 * k);
  }
}

template <int kRows>
C2C_INLINE_AVX512 void add_q4_group(Dots<kRows>& dots, const std::byte* w, const RowPointers<kRows>& rows,
                                    std::int64_t at) {
  const __m512i nibble = _mm512_set1_epi8(15);
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) {
    const __m512i low = _mm512_load_si512(w + 128 * k), high = _mm512_load_si512(w + 128 * k + 64);
    add_dots<kRows>(dots, _mm512_and_si512(low, nibble), _mm512_and_si512(high, nibble), rows, at + 8 * k);
    add_dots<kRows>(dots, _mm512_and_si512(_mm512_srli_epi16(low, 4), nibble),
                    _mm512_and_si512(_mm512_srli_epi16(high, 4), nibble), rows, at + 8 * k + 4);
  }
}

template <int kRows, bool kQ8>
C2C_AVX512 void tile_groups(const TileInput& in, float* tile) {
  constexpr std::int64_t kBytes = kQ8 ? kQ8GroupBytes : kQ4GroupBytes;
  constexpr std::int64_t kRowBytes = sizeof(RowGroup);
  Sums<kRows> sums;
  sums.clear();
  const RowPointers<kRows> rows(in);
  const std::byte* w = in.panel;
  for (std::int64_t at = 0; at < kRowBytes * in.steps; at += kRowBytes, w += kBytes) {
    Dots<kRows> dots;
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      // -8 or -128 times the sum of the row's group: what unsigned weights add too much.
      const __m512i start = broadcast_word(rows.at[r] + at + offsetof(RowGroup, negative_sum8));
      dots.low[r] = dots.high[r] = kQ8 ? _mm512_slli_epi32(start, 4) : start;
    }
    if constexpr (kQ8)
      add_q8_group<kRows>(dots, w + kScaleBytes, rows, at);
    else
      add_q4_group<kRows>(dots, w + kScaleBytes, rows, at);
    const __m512 low = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(w)));
    const __m512 high = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(w + 32)));
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const __m512 scale = broadcast(rows.at[r] + at + offsetof(RowGroup, scale));
      sums.low[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots.low[r]), _mm512_mul_ps(low, scale), sums.low[r]);
      sums.high[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots.high[r]), _mm512_mul_ps(high, scale), sums.high[r]);
    }
  }
  sums.save(tile);
}

template <std::size_t... kRow>
constexpr TileSet float_tiles(WeightFormat weights, bool bf16_rows, std::index_sequence<kRow...>) {
  TileSet set{.max_rows = kMaxTileRows};
  if (weights == WeightFormat::kF32)
    ((set.tiles[kRow + 1] = tile_f32<kRow + 1>), ...);
  else if (bf16_rows)
    ((set.tiles[kRow + 1] = tile_bf16<kRow + 1>), ...);
  else
    ((set.tiles[kRow + 1] = tile_bf16_f32<kRow + 1>), ...);
  return set;
}

template <bool kQ8, std::size_t... kRow>
constexpr TileSet group_tiles(std::index_sequence<kRow...>) {
  TileSet set{.max_rows = kGroupTileRows};
  ((set.tiles[kRow + 1] = tile_groups<kRow + 1, kQ8>), ...);
  return set;
}

}  // namespace

#define C2C_KERNEL C2C_AVX512
#define C2C_INLINE C2C_INLINE_AVX512
#include "c2c/tensor/kernels/exponential_body.h"
// After what it needs.
#include "c2c/tensor/kernels/packed_body.h"

}  // namespace avx512

const TileSet& avx512_tiles(WeightFormat weights, RowFormat rows) {
  using FloatRows = std::make_index_sequence<kMaxTileRows>;
  using GroupRows = std::make_index_sequence<avx512::kGroupTileRows>;
  static constexpr TileSet kF32 = avx512::float_tiles(WeightFormat::kF32, false, FloatRows());
  static constexpr TileSet kBf16 = avx512::float_tiles(WeightFormat::kBf16, true, FloatRows());
  static constexpr TileSet kBf16F32 = avx512::float_tiles(WeightFormat::kBf16, false, FloatRows());
  static constexpr TileSet kQ8 = avx512::group_tiles<true>(GroupRows());
  static constexpr TileSet kQ4 = avx512::group_tiles<false>(GroupRows());
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

void store_avx512(const float* tile, std::int64_t rows, std::int64_t outputs, const Outputs& out) {
  avx512::store_tile(tile, rows, outputs, out);
}

void quantize_row_avx512(const SourceRows& x, std::int64_t in, std::int64_t row, RowGroup* out) {
  avx512::quantize_groups(x, in, row, out);
}

}  // namespace c2c::kernels
#endif
