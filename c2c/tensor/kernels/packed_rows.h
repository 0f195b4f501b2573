// Rows of x as the matrix kernels read them: float32, bfloat16 pairs, or 8-bit groups.
#pragma once
#include <cstddef>
#include <cstdint>

#include "c2c/tensor/kernels/isa.h"
#include "c2c/tensor/kernels/packed_layout.h"

namespace c2c::kernels {

enum class Element : std::uint8_t { kF32, kBf16 };

enum class RowFormat : std::uint8_t { kF32, kBf16, kQ8 };

// 32 numbers of a row: value = scale * values[i]. A group with an infinity or NaN has a NaN for its scale.
struct RowGroup {
  std::int8_t values[kGroupInputs];
  float scale;
  std::int32_t negative_sum8;  // -8 * sum(values): what weights stored as w + 8 add too much, taken back
};

// What the kernels of `with` multiply weights of this format with, for rows of x of this type.
RowFormat row_format(WeightFormat weights, Element x, Isa with);
// Bytes of a prepared row of `in` numbers: a multiple of 4 (pairs are whole, groups are whole: zeros beyond `in`).
std::int64_t row_bytes(RowFormat format, std::int64_t in);

// Rows [begin, end) of x (elements of `type`, rows `stride` elements apart) to out, rows row_bytes apart. bfloat16 to
// kF32 and kBf16, float32 to kF32, both to kQ8 (round to nearest, scale = largest / 127).
struct SourceRows {
  const void* data = nullptr;
  std::int64_t stride = 0;
  Element type = Element::kF32;
};
void prepare_rows(const SourceRows& x, std::int64_t in, RowFormat format, std::int64_t begin, std::int64_t end,
                  std::byte* out);

}  // namespace c2c::kernels
