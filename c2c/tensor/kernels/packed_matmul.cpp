#include "c2c/tensor/kernels/packed_matmul.h"

#include <algorithm>

#include "c2c/tensor/kernels/packed_tile.h"

namespace c2c::kernels {
namespace {

const TileSet& tiles_of(WeightFormat weights, RowFormat rows) {
#ifdef C2C_X86
  if (isa() == Isa::kAvx512) return avx512_tiles(weights, rows);
  if (isa() == Isa::kAvx2) return avx2_tiles(weights, rows);
#endif
  return scalar_tiles(weights, rows);
}

StoreFn store_fn() {
#ifdef C2C_X86
  if (isa() == Isa::kAvx512) return store_avx512;
  if (isa() == Isa::kAvx2) return store_avx2;
#endif
  return store_scalar;
}

template <class T>
T* moved(T* data, std::int64_t elements, Element type) {
  using Byte = std::conditional_t<std::is_const_v<T>, const std::byte, std::byte>;
  return data == nullptr ? nullptr : static_cast<Byte*>(data) + elements * (type == Element::kF32 ? 4 : 2);
}

Outputs at_tile(const Outputs& out, std::int64_t row, std::int64_t output) {
  Outputs here = out;
  here.y = moved(out.y, row * out.y_stride + output, out.type);
  here.residual = moved(out.residual, row * out.residual_stride + output, out.residual_type);
  here.bias = moved(out.bias, output, out.bias_type);
  return here;
}

// The next panel comes to the second-level cache while this one is multiplied: one slice of it before every tile.
void prefetch(const std::byte* from, std::int64_t bytes) {
  constexpr std::int64_t kLine = 64;
  for (std::int64_t at = 0; at < bytes; at += kLine) __builtin_prefetch(from + at, 0, 2);
}

}  // namespace

std::int64_t tile_rows(WeightFormat weights, RowFormat rows) {
  return tiles_of(weights, rows).max_rows;
}

void packed_matmul(const PackedMatrix& w, const PreparedRows& x, const Outputs& out, const MatmulRange& range) {
  const TileSet& set = tiles_of(w.shape.format, x.format);
  const StoreFn store = store_fn();
  const std::int64_t rows = range.row_end - range.row_begin;
  if (rows <= 0 || set.max_rows == 0) return;
  const std::int64_t tiles = (rows + set.max_rows - 1) / set.max_rows, panel_bytes = w.shape.panel_bytes();
  alignas(64) float tile[kMaxTileRows * kPanelOutputs];
  TileInput in{.row_stride = x.stride_bytes, .steps = w.shape.steps(), .inputs = w.shape.in};
  for (std::int64_t panel = range.panel_begin; panel < range.panel_end; ++panel) {
    in.panel = w.data + panel * panel_bytes;
    const std::int64_t output = panel * kPanelOutputs;
    for (std::int64_t t = 0; t < tiles; ++t) {
      // Tiles of sizes that differ by one at most, instead of full ones and a small rest.
      const std::int64_t row = range.row_begin + rows * t / tiles, end = range.row_begin + rows * (t + 1) / tiles;
      if (panel + 1 < range.panel_end) {
        const std::int64_t slice = panel_bytes * t / tiles;
        in.ahead = in.panel + panel_bytes + slice;
        in.ahead_bytes = panel_bytes * (t + 1) / tiles - slice;
        if (tiles > 1 && !set.fetch_ahead) prefetch(in.ahead, in.ahead_bytes);
      } else {
        in.ahead = in.panel;
        in.ahead_bytes = 0;
      }
      in.rows = x.data + row * x.stride_bytes;
      set.tiles[end - row](in, tile);
      store(tile, end - row, std::min(kPanelOutputs, w.shape.out - output), at_tile(out, row, output));
    }
  }
}

}  // namespace c2c::kernels
