// A random product over packed weights and what it must come to, in double precision. For tests and the fuzzer.
#pragma once
#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <random>
#include <vector>

#include "c2c/base/float_bits.h"
#include "c2c/tensor/kernels/packed_matmul.h"
#include "c2c/tensor/kernels/packed_pack.h"

namespace c2c::testing {

using kernels::Element;
using kernels::Isa;
using kernels::PackedShape;
using kernels::RowFormat;

// Exactly as long as asked for, so that the address sanitizer sees every read beyond; aligned as packed weights are.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::int64_t bytes)
      : data_(static_cast<std::byte*>(::operator new(static_cast<std::size_t>(bytes), std::align_val_t{64}))) {}
  ~AlignedBytes() { ::operator delete(data_, std::align_val_t{64}); }
  AlignedBytes(const AlignedBytes&) = delete;
  AlignedBytes& operator=(const AlignedBytes&) = delete;
  std::byte* data() const { return data_; }

 private:
  std::byte* data_;
};

struct PackedCase {
  WeightFormat format = WeightFormat::kF32;
  Element type = Element::kF32;  // of x, y, bias and residual
  std::int64_t in = 1, out = 1, rows = 1;
  std::int64_t x_stride = 0, y_stride = 0;  // 0: dense
  bool bias = false, gelu = false, residual = false;
  unsigned seed = 1;
};

// Numbers of float32 or bfloat16 in memory that ends where they end.
class Numbers {
 public:
  Numbers(const std::vector<float>& values, Element type) : type_(type), bytes_(values.size() * size()) {
    for (std::size_t i = 0; i < values.size(); ++i) set(i, values[i]);
  }
  std::size_t size() const { return type_ == Element::kF32 ? 4 : 2; }
  float at(std::size_t i) const {
    float value;
    std::uint16_t bits;
    if (type_ == Element::kF32)
      std::memcpy(&value, bytes_.data() + 4 * i, 4);
    else
      std::memcpy(&bits, bytes_.data() + 2 * i, 2), value = bfloat16_to_float(bits);
    return value;
  }
  void set(std::size_t i, float value) {
    const std::uint16_t bits = float_to_bfloat16(value);
    if (type_ == Element::kF32)
      std::memcpy(bytes_.data() + 4 * i, &value, 4);
    else
      std::memcpy(bytes_.data() + 2 * i, &bits, 2);
  }
  std::byte* data() { return bytes_.data(); }
  Element type() const { return type_; }

 private:
  Element type_;
  std::vector<std::byte> bytes_;
};

inline std::vector<float> random_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = normal(generator);
  return values;
}

// W packed, with its numbers as they are after rounding.
struct PackedRandom {
  PackedShape shape;
  AlignedBytes bytes;
  std::vector<float> weights;

  PackedRandom(PackedShape given, const std::vector<float>& values) : shape(given), bytes(given.bytes()) {
    for (std::int64_t p = 0; p < shape.panels(); ++p) {
      std::vector<const float*> rows;
      for (std::int64_t o = 32 * p; o < std::min(shape.out, 32 * p + 32); ++o)
        rows.push_back(&values[static_cast<std::size_t>(o * shape.in)]);
      kernels::pack_panel(shape, rows, bytes.data() + p * shape.panel_bytes());
    }
    weights.resize(values.size());
    for (std::int64_t o = 0; o < shape.out; ++o)
      kernels::unpack_row(shape, bytes.data(), o, &weights[static_cast<std::size_t>(o * shape.in)]);
  }
};

inline double exact_gelu(double y) {
  return 0.5 * y * std::erfc(-y * 0.70710678118654752440);
}

// What run() reads and writes; y is filled with `kUntouched` where nothing belongs.
struct PackedRun {
  static constexpr float kUntouched = -77;

  PackedCase c;
  PackedRandom w;
  std::int64_t x_stride, y_stride;
  Numbers x, bias, residual;

  explicit PackedRun(const PackedCase& given)
      : c(given),
        w({c.format, c.in, c.out}, random_numbers(c.in * c.out, c.seed)),
        x_stride(c.x_stride > 0 ? c.x_stride : c.in),
        y_stride(c.y_stride > 0 ? c.y_stride : c.out),
        x(random_numbers((c.rows - 1) * x_stride + c.in, c.seed + 1), c.type),
        bias(random_numbers(c.out, c.seed + 2), c.type),
        residual(random_numbers((c.rows - 1) * y_stride + c.out, c.seed + 3), c.type) {}

  kernels::PreparedRows prepared(std::vector<std::byte>& memory) {
    const RowFormat format = kernels::row_format(c.format, c.type, kernels::isa());
    const bool plain = (format == RowFormat::kF32 && c.type == Element::kF32) ||
                       (format == RowFormat::kBf16 && c.type == Element::kBf16 && c.in % 2 == 0);
    if (plain) return {x.data(), x_stride * static_cast<std::int64_t>(x.size()), format};
    const std::int64_t bytes = kernels::row_bytes(format, c.in);
    memory.resize(static_cast<std::size_t>(bytes * c.rows));
    kernels::prepare_rows({x.data(), x_stride, c.type}, c.in, format, 0, c.rows, memory.data());
    return {memory.data(), bytes, format};
  }

  // Rows [begin, end) of y, at their places in a whole y.
  Numbers run(std::int64_t begin, std::int64_t end) {
    std::vector<std::byte> memory;
    const kernels::PreparedRows rows = prepared(memory);
    Numbers y(std::vector<float>(static_cast<std::size_t>((c.rows - 1) * y_stride + c.out), kUntouched), c.type);
    kernels::Outputs out{.y = y.data(), .y_stride = y_stride, .type = c.type, .gelu = c.gelu};
    if (c.bias) out.bias = bias.data(), out.bias_type = c.type;
    if (c.residual) out.residual = residual.data(), out.residual_stride = y_stride, out.residual_type = c.type;
    kernels::packed_matmul({w.shape, w.bytes.data()}, rows, out, {0, w.shape.panels(), begin, end});
    return y;
  }
  Numbers run() { return run(0, c.rows); }

  // Row r of x as the kernels of this format see it.
  std::vector<double> seen(std::int64_t r) {
    std::vector<double> values;
    std::vector<std::byte> memory;
    const bool grouped = c.format == WeightFormat::kQ8 || c.format == WeightFormat::kQ4;
    const kernels::PreparedRows rows = prepared(memory);
    for (std::int64_t k = 0; k < c.in; ++k) {
      if (!grouped) {
        values.push_back(x.at(static_cast<std::size_t>(r * x_stride + k)));
        continue;
      }
      kernels::RowGroup group;
      std::memcpy(&group, rows.data + r * rows.stride_bytes + k / 32 * static_cast<std::int64_t>(sizeof(group)),
                  sizeof(group));
      values.push_back(static_cast<double>(group.scale) * group.values[k % 32]);
    }
    return values;
  }

  // The largest error over all outputs, in units of what float32 sums and one rounding may be off.
  double worst(const Numbers& y) {
    double worst = 0;
    for (std::int64_t r = 0; r < c.rows; ++r) {
      const std::vector<double> row = seen(r);
      for (std::int64_t o = 0; o < c.out; ++o) worst = std::max(worst, error(y, row, r, o));
    }
    return worst;
  }

  double error(const Numbers& y, const std::vector<double>& row, std::int64_t r, std::int64_t o) const {
    double sum = 0, size = 0;
    for (std::int64_t k = 0; k < c.in; ++k) {
      const double product = row[static_cast<std::size_t>(k)] * w.weights[static_cast<std::size_t>(o * c.in + k)];
      sum += product;
      size += std::abs(product);
    }
    const auto at = static_cast<std::size_t>(r * y_stride + o);
    if (c.bias) sum += bias.at(static_cast<std::size_t>(o)), size += std::abs(bias.at(static_cast<std::size_t>(o)));
    if (c.gelu) sum = exact_gelu(sum);
    if (c.residual) sum += residual.at(at), size += std::abs(residual.at(at));
    const double rounding = c.type == Element::kF32 ? 0 : 0x1p-8 * std::abs(sum);
    const double allowed = 1e-7 * (4 + std::sqrt(static_cast<double>(c.in))) * size + rounding + 1e-30;
    const double off = std::abs(y.at(at) - sum);
    return std::isnan(off) ? 1e30 : off / allowed;
  }
};

}  // namespace c2c::testing
