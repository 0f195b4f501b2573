// Between packed_matmul.cpp and the files of the instruction sets: a tile is a few rows times one panel.
#pragma once
#include "c2c/tensor/kernels/packed_matmul.h"

namespace c2c::kernels {

// The whole sum over the inputs, `rows` (as many as the function is for) times 32 outputs, into tile[rows][32].
struct TileInput {
  const std::byte* panel = nullptr;
  const std::byte* rows = nullptr;
  std::int64_t row_stride = 0;  // bytes
  std::int64_t steps = 0;       // PackedShape::steps()
  std::int64_t inputs = 0;
  // What is read after this tile, for sets that fetch ahead: a share of the next panel.
  const std::byte* ahead = nullptr;
  std::int64_t ahead_bytes = 0;
};
using TileFn = void (*)(const TileInput& in, float* tile);

// tile[rows][32] to y: bias, gelu, residual, rounding. `outputs` <= 32 of them exist; pointers are already at the
// tile's first row and output.
using StoreFn = void (*)(const float* tile, std::int64_t rows, std::int64_t outputs, const Outputs& out);

// Phi(-a) = exp(-a^2 / 2) t (c0 + c1 t + ... + c9 t^9), t = 1 / (1 + a / 4), to 1e-8 of it on [0, 14.5] (least squares
// reweighted towards the largest relative error).
inline constexpr float kGelu[10] = {
    0.0997463291597536F,   0.09952146614606674F,  0.09528779317099155F, 0.07301311101683493F,  0.08385033883251262F,
    0.017736373143386587F, 0.022608901176163668F, 0.05588097627779458F, -0.06453780787131634F, 0.016892523257571453F};

inline constexpr int kMaxTileRows = 12;
struct TileSet {
  int max_rows = 0;                     // 0: no kernels for this pair
  TileFn tiles[kMaxTileRows + 1] = {};  // by number of rows, from 1
  // Tiles of several rows fetch TileInput::ahead between their products: all of it at once would stall them.
  bool fetch_ahead = false;
};

const TileSet& scalar_tiles(WeightFormat weights, RowFormat rows);
void store_scalar(const float* tile, std::int64_t rows, std::int64_t outputs, const Outputs& out);
void quantize_row_scalar(const SourceRows& x, std::int64_t in, std::int64_t row, RowGroup* out);
#ifdef C2C_X86
const TileSet& avx2_tiles(WeightFormat weights, RowFormat rows);
void store_avx2(const float* tile, std::int64_t rows, std::int64_t outputs, const Outputs& out);
void quantize_row_avx2(const SourceRows& x, std::int64_t in, std::int64_t row, RowGroup* out);
const TileSet& avx512_tiles(WeightFormat weights, RowFormat rows);
void store_avx512(const float* tile, std::int64_t rows, std::int64_t outputs, const Outputs& out);
void quantize_row_avx512(const SourceRows& x, std::int64_t in, std::int64_t row, RowGroup* out);
#endif

}  // namespace c2c::kernels
