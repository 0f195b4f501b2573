// 256-bit tiles: 12 of the 16 registers hold sums, 1 to 3 rows times the whole panel, or 4 to 6 rows times its halves
// one after the other. The order of every sum is the same.
#include "c2c/tensor/kernels/packed_tile.h"

#ifdef C2C_X86
#include <cstring>
#include <utility>

#include "c2c/tensor/kernels/lanes_avx2.h"
#include "c2c/tensor/kernels/quantize_group.h"

namespace c2c::kernels {
namespace avx2 {
namespace {

constexpr int kFloatTileRows = 6, kGroupTileRows = 2;

C2C_INLINE_AVX2 __m256 broadcast(const std::byte* at) {
  float value;
  std::memcpy(&value, at, sizeof(value));
  return _mm256_set1_ps(value);
}
C2C_INLINE_AVX2 __m256i broadcast_word(const std::byte* at) {
  std::int32_t value;
  std::memcpy(&value, at, sizeof(value));
  return _mm256_set1_epi32(value);
}
C2C_INLINE_AVX2 __m256i load_bytes(const std::byte* at) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(at));
}

// kRows times 8 * kWidth outputs from `first` on.
template <int kRows, int kWidth>
struct Sums {
  __m256 of[kRows][kWidth];

  C2C_INLINE_AVX2 void clear() {
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kWidth; ++v) of[r][v] = _mm256_setzero_ps();
  }
  C2C_INLINE_AVX2 void save(float* tile) const {
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
      for (int v = 0; v < kWidth; ++v) _mm256_storeu_ps(tile + r * kPanelOutputs + 8 * v, of[r][v]);
  }
  C2C_INLINE_AVX2 void add(const __m256 (&w)[kWidth], const std::byte* rows, std::int64_t stride) {
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const __m256 x = broadcast(rows + r * stride);
#pragma GCC unroll 4
      for (int v = 0; v < kWidth; ++v) of[r][v] = _mm256_fmadd_ps(x, w[v], of[r][v]);
    }
  }
};

// Fetches what comes after this tile into the second-level cache, a line at every step of a part. Not for one pass over
// the whole panel, nor for one row: there memory is the limit, and the hardware's own prefetcher does better.
template <bool kOn>
class Ahead {
 public:
  C2C_INLINE_AVX2 Ahead(const TileInput& in, int first, std::int64_t steps) {
    if constexpr (!kOn) return;
    constexpr int kParts = 2;
    at_ = in.ahead + (first == 0 ? 0 : in.ahead_bytes / kParts);
    stride_ = (in.ahead_bytes + kParts * steps - 1) / (kParts * steps);
  }
  C2C_INLINE_AVX2 void fetch() {
    if constexpr (!kOn) return;
    _mm_prefetch(reinterpret_cast<const char*>(at_), _MM_HINT_T1);
    at_ += stride_;
  }

 private:
  const std::byte* at_ = nullptr;
  std::int64_t stride_ = 0;
};

template <int kRows, int kWidth>
C2C_INLINE_AVX2 void part_f32(const TileInput& in, int first, float* tile) {
  Sums<kRows, kWidth> sums;
  sums.clear();
  Ahead<kWidth == 2> ahead(in, first, in.inputs);
  const auto* w = reinterpret_cast<const float*>(in.panel) + first;
  for (std::int64_t k = 0; k < in.inputs; ++k, w += kPanelOutputs) {
    __m256 weights[kWidth];
#pragma GCC unroll 4
    for (int v = 0; v < kWidth; ++v) weights[v] = _mm256_load_ps(w + 8 * v);
    ahead.fetch();
    sums.add(weights, in.rows + 4 * k, in.row_stride);
  }
  sums.save(tile + first);
}

// The first (kSecond: second) input of a pair, widened.
template <int kWidth, bool kSecond>
C2C_INLINE_AVX2 void widen(const std::byte* pairs, __m256 (&weights)[kWidth]) {
  const __m256i mask = _mm256_set1_epi32(static_cast<int>(0xFFFF0000U));
#pragma GCC unroll 4
  for (int v = 0; v < kWidth; ++v) {
    const __m256i bits = load_bytes(pairs + 32 * v);
    weights[v] = _mm256_castsi256_ps(kSecond ? _mm256_and_si256(bits, mask) : _mm256_slli_epi32(bits, 16));
  }
}

template <int kRows, int kWidth>
C2C_INLINE_AVX2 void part_bf16(const TileInput& in, int first, float* tile) {
  Sums<kRows, kWidth> sums;
  sums.clear();
  Ahead<kWidth == 2> ahead(in, first, in.steps);
  const std::byte* w = in.panel + 4 * first;
  for (std::int64_t k = 0; k < in.inputs; k += 2, w += 128) {
    __m256 weights[kWidth];
    ahead.fetch();
    widen<kWidth, false>(w, weights);
    sums.add(weights, in.rows + 4 * k, in.row_stride);
    if (k + 1 == in.inputs) break;
    widen<kWidth, true>(w, weights);
    sums.add(weights, in.rows + 4 * k + 4, in.row_stride);
  }
  sums.save(tile + first);
}

template <int kRows, bool kBf16>
C2C_AVX2 void tile_floats(const TileInput& in, float* tile) {
  if constexpr (kRows <= 3 && kBf16) {
    part_bf16<kRows, 4>(in, 0, tile);
  } else if constexpr (kRows <= 3) {
    part_f32<kRows, 4>(in, 0, tile);
  } else {
    for (int first = 0; first < kPanelOutputs; first += 16)
      if constexpr (kBf16)
        part_bf16<kRows, 2>(in, first, tile);
      else
        part_f32<kRows, 2>(in, first, tile);
  }
}

// Four signed weights times four signed bytes of a row, for 8 outputs. |w| <= 128, |x| <= 127: two products fit 16
// bits, which is why the sign moves to the row (VPMADDUBSW saturates).
C2C_INLINE_AVX2 __m256i dot(__m256i w, __m256i magnitudes, __m256i x) {
  const __m256i pairs = _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(x, w));
  return _mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

// Signed weights of four inputs, k of the group's 8 fours.
template <bool kQ8>
C2C_INLINE_AVX2 __m256i weights_at(const std::byte* bytes, int k) {
  if constexpr (kQ8) {
    return _mm256_xor_si256(load_bytes(bytes + 128 * k), _mm256_set1_epi8(static_cast<char>(0x80)));
  } else {
    const __m256i both = load_bytes(bytes + k / 2 * 128);
    const __m256i nibbles = k % 2 == 0 ? both : _mm256_srli_epi16(both, 4);
    return _mm256_sub_epi8(_mm256_and_si256(nibbles, _mm256_set1_epi8(15)), _mm256_set1_epi8(8));
  }
}

template <int kRows, bool kQ8>
C2C_INLINE_AVX2 void part_groups(const TileInput& in, int first, float* tile) {
  constexpr std::int64_t kBytes = kQ8 ? kQ8GroupBytes : kQ4GroupBytes;
  constexpr std::int64_t kRowBytes = sizeof(RowGroup);
  Sums<kRows, 2> sums;
  sums.clear();
  Ahead<(kRows > 1)> ahead(in, first, 2 * in.steps);
  const std::byte* w = in.panel;
  const std::byte* group = in.rows;
  for (std::int64_t g = 0; g < in.steps; ++g, w += kBytes, group += kRowBytes) {
    __m256i dots[kRows][2];
    for (int r = 0; r < kRows; ++r) dots[r][0] = dots[r][1] = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (int k = 0; k < 8; ++k) {
      if (k % 4 == 0) ahead.fetch();
#pragma GCC unroll 2
      for (int v = 0; v < 2; ++v) {
        const __m256i weights = weights_at<kQ8>(w + kScaleBytes + 4 * first + 32 * v, k);
        const __m256i magnitudes = _mm256_abs_epi8(weights);
#pragma GCC unroll 2
        for (int r = 0; r < kRows; ++r) {
          const __m256i x = broadcast_word(group + r * in.row_stride + 4 * k);
          dots[r][v] = _mm256_add_epi32(dots[r][v], dot(weights, magnitudes, x));
        }
      }
    }
#pragma GCC unroll 2
    for (int v = 0; v < 2; ++v) {
      const __m256 scale = _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(w + 2 * first + 16 * v)));
#pragma GCC unroll 2
      for (int r = 0; r < kRows; ++r) {
        const __m256 both = scale * broadcast(group + r * in.row_stride + offsetof(RowGroup, scale));
        sums.of[r][v] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots[r][v]), both, sums.of[r][v]);
      }
    }
  }
  sums.save(tile + first);
}

template <int kRows, bool kQ8>
C2C_AVX2 void tile_groups(const TileInput& in, float* tile) {
  for (int first = 0; first < kPanelOutputs; first += 16) part_groups<kRows, kQ8>(in, first, tile);
}

template <bool kBf16, std::size_t... kRow>
constexpr TileSet float_tiles(std::index_sequence<kRow...>) {
  TileSet set{.max_rows = kFloatTileRows, .fetch_ahead = true};
  ((set.tiles[kRow + 1] = tile_floats<kRow + 1, kBf16>), ...);
  return set;
}

template <bool kQ8>
constexpr TileSet group_tiles() {
  return {
      .max_rows = kGroupTileRows, .tiles = {nullptr, tile_groups<1, kQ8>, tile_groups<2, kQ8>}, .fetch_ahead = true};
}

}  // namespace

#define C2C_KERNEL C2C_AVX2
#define C2C_INLINE C2C_INLINE_AVX2
#include "c2c/tensor/kernels/exponential_body.h"
// After what it needs.
#include "c2c/tensor/kernels/packed_body.h"

}  // namespace avx2

const TileSet& avx2_tiles(WeightFormat weights, RowFormat) {
  using Rows = std::make_index_sequence<avx2::kFloatTileRows>;
  static constexpr TileSet kF32 = avx2::float_tiles<false>(Rows());
  static constexpr TileSet kBf16 = avx2::float_tiles<true>(Rows());
  static constexpr TileSet kQ8 = avx2::group_tiles<true>();
  static constexpr TileSet kQ4 = avx2::group_tiles<false>();
  switch (weights) {
    case WeightFormat::kF32:
      return kF32;
    case WeightFormat::kBf16:
      return kBf16;
    case WeightFormat::kQ8:
      return kQ8;
    default:
      return kQ4;
  }
}

void store_avx2(const float* tile, std::int64_t rows, std::int64_t outputs, const Outputs& out) {
  avx2::store_tile(tile, rows, outputs, out);
}

void quantize_row_avx2(const SourceRows& x, std::int64_t in, std::int64_t row, RowGroup* out) {
  avx2::quantize_groups(x, in, row, out);
}

}  // namespace c2c::kernels
#endif
