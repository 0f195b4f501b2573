#include <ATen/ATen.h>

#include <vector>

#include "c2c/base/error.h"
#include "c2c/base/float_bits.h"
#include "c2c/tensor/kernels/row_kernels.h"
#include "c2c/tensor/ops/attention.h"
#include "c2c/tensor/ops/on_kernels.h"

namespace c2c {
namespace {

using kernels::KvPlace;

float widened(float x) {
  return x;
}
float widened(std::uint16_t x) {
  return bfloat16_to_float(x);
}

// One head of one token in the format of its place.
template <class T>
void store_head(const T* x, std::int64_t size, KvFormat format, std::byte* to, float* scale) {
  if (format == KvFormat::kQ8) {
    *scale = kernels::quantize_row(x, reinterpret_cast<std::int8_t*>(to), size);
  } else if (format == KvFormat::kF32) {
    for (std::int64_t d = 0; d < size; ++d) reinterpret_cast<float*>(to)[d] = widened(x[d]);
  } else if constexpr (sizeof(T) == sizeof(std::uint16_t)) {
    std::copy_n(x, size, reinterpret_cast<T*>(to));
  } else {
    for (std::int64_t d = 0; d < size; ++d) reinterpret_cast<std::uint16_t*>(to)[d] = float_to_bfloat16(x[d]);
  }
}

// Of one row.
template <class T>
struct Token {
  T *query, *key;
  const T *value, *cosine, *sine;
  std::int64_t heads, kv_heads, size;

  void append(const KvPlace& place) const {
    for (std::int64_t h = 0; h < heads; ++h) kernels::rope_row(query + h * size, cosine, sine, query + h * size, size);
    for (std::int64_t h = 0; h < kv_heads; ++h) {
      const auto scale = [&](float* first) { return first == nullptr ? nullptr : first + h * place.scale_stride; };
      kernels::rope_row(key + h * size, cosine, sine, key + h * size, size);
      store_head<T>(key + h * size, size, place.format, place.key + h * place.head_stride, scale(place.key_scale));
      store_head<T>(value + h * size, size, place.format, place.value + h * place.head_stride,
                    scale(place.value_scale));
    }
  }
};

}  // namespace

void append_token(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const RopeAngles& angles,
                  std::span<const KvPlace> places) {
  const auto rows = static_cast<std::int64_t>(places.size());
  const at::Tensor& cosine = angles.cosine;
  const std::int64_t size = cosine.size(3);
  const auto fits = [&](const at::Tensor& x) {
    return x.is_cpu() && x.is_contiguous() && has_kernels(x.scalar_type()) && x.scalar_type() == cosine.scalar_type() &&
           x.size(0) == rows && x.numel() % (rows * size) == 0;
  };
  C2C_CHECK(rows > 0 && fits(query) && fits(key) && fits(value) && key.numel() == value.numel() && cosine.is_cpu() &&
                cosine.is_contiguous() && angles.sine.is_contiguous() && cosine.size(1) == 1 &&
                (cosine.size(0) == 1 || cosine.size(0) == rows),
            "append_token: dense (B, 1, heads * D) of the angles' type on the CPU, one place for each row");
  run_as(query.scalar_type(), [&](auto zero) {
    using T = decltype(zero);
    const std::int64_t heads = query.numel() / (rows * size), kv_heads = key.numel() / (rows * size);
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t angle = cosine.size(0) == 1 ? 0 : r * size, kv = r * kv_heads * size;
      Token<T>{.query = numbers_out<T>(query) + r * heads * size,
               .key = numbers_out<T>(key) + kv,
               .value = numbers<T>(value) + kv,
               .cosine = numbers<T>(cosine) + angle,
               .sine = numbers<T>(angles.sine) + angle,
               .heads = heads,
               .kv_heads = kv_heads,
               .size = size}
          .append(places[static_cast<std::size_t>(r)]);
    }
  });
}

}  // namespace c2c
