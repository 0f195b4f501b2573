#include "c2c/tensor/kernels/packed_rows.h"

#include <cstring>

#include "c2c/base/float_bits.h"
#include "c2c/tensor/kernels/packed_tile.h"

namespace c2c::kernels {
namespace {

using QuantizeRowFn = void (*)(const SourceRows&, std::int64_t, std::int64_t, RowGroup*);

QuantizeRowFn quantize_row() {
#ifdef C2C_X86
  if (isa() == Isa::kAvx512) return quantize_row_avx512;
  if (isa() == Isa::kAvx2) return quantize_row_avx2;
#endif
  return quantize_row_scalar;
}

void copy_row(const SourceRows& x, std::int64_t in, std::int64_t row, RowFormat format, std::byte* out) {
  const std::size_t size = x.type == Element::kF32 ? 4 : 2;
  const auto* from = static_cast<const std::byte*>(x.data) + static_cast<std::size_t>(row * x.stride) * size;
  if (format == RowFormat::kF32 && x.type == Element::kBf16) {
    for (std::int64_t k = 0; k < in; ++k) {
      std::uint16_t bits;
      std::memcpy(&bits, from + 2 * k, 2);
      const float value = bfloat16_to_float(bits);
      std::memcpy(out + 4 * k, &value, 4);
    }
    return;
  }
  std::memcpy(out, from, static_cast<std::size_t>(in) * size);
  const std::int64_t bytes = row_bytes(format, in);
  std::memset(out + static_cast<std::size_t>(in) * size, 0,
              static_cast<std::size_t>(bytes) - static_cast<std::size_t>(in) * size);
}

}  // namespace

RowFormat row_format(WeightFormat weights, Element x, Isa with) {
  switch (weights) {
    case WeightFormat::kF32:
      return RowFormat::kF32;
    case WeightFormat::kBf16:
      return x == Element::kBf16 && with == Isa::kAvx512 ? RowFormat::kBf16 : RowFormat::kF32;
    default:
      return RowFormat::kQ8;
  }
}

std::int64_t row_bytes(RowFormat format, std::int64_t in) {
  switch (format) {
    case RowFormat::kF32:
      return 4 * in;
    case RowFormat::kBf16:
      return (in + 1) / 2 * 4;
    default:
      return (in + kGroupInputs - 1) / kGroupInputs * static_cast<std::int64_t>(sizeof(RowGroup));
  }
}

void prepare_rows(const SourceRows& x, std::int64_t in, RowFormat format, std::int64_t begin, std::int64_t end,
                  std::byte* out) {
  const QuantizeRowFn quantize = quantize_row();
  const std::int64_t bytes = row_bytes(format, in);
  for (std::int64_t row = begin; row < end; ++row) {
    std::byte* to = out + row * bytes;
    if (format == RowFormat::kQ8)
      quantize(x, in, row, reinterpret_cast<RowGroup*>(to));
    else
      copy_row(x, in, row, format, to);
  }
}

}  // namespace c2c::kernels
