// Into the packed layout and back. `rows`: the panel's rows of W, at most 32; what is missing becomes zero.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "c2c/tensor/kernels/packed_layout.h"

namespace c2c::kernels {

// From float32 rows, any format. bf16: round to nearest even. q8: scale = largest / 127. q4: the scale (of several,
// each refined by least squares) with the least squared error, never worse than llama.cpp's rule. A group with an
// infinite number or a NaN becomes NaN as a whole.
void pack_panel(const PackedShape& shape, std::span<const float* const> rows, std::byte* panel);
// Without a detour, every number as it was: bfloat16 rows to bf16; ggml's blocks of 34 and 18 bytes (half scale, 32
// numbers) to q8 and q4. Any alignment. `in` is a multiple of 32 for blocks.
void pack_panel_bf16(const PackedShape& shape, std::span<const std::byte* const> rows, std::byte* panel);
void pack_panel_q8_0(const PackedShape& shape, std::span<const std::byte* const> rows, std::byte* panel);
void pack_panel_q4_0(const PackedShape& shape, std::span<const std::byte* const> rows, std::byte* panel);

// Row `row` of the whole matrix at `packed` as float32: shape.in numbers.
void unpack_row(const PackedShape& shape, const std::byte* packed, std::int64_t row, float* out);

}  // namespace c2c::kernels
