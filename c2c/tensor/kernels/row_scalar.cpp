// Plain loops: what runs without AVX2, and what the others are tested against.
#include <algorithm>
#include <array>
#include <cmath>

#include "c2c/base/float_bits.h"
#include "c2c/tensor/kernels/row_variants.h"

namespace c2c::kernels::scalar {
namespace {

inline float widen(float value) {
  return value;
}
inline float widen(std::uint16_t value) {
  return bfloat16_to_float(value);
}
template <class T>
inline T rounded(float value) {
  if constexpr (sizeof(T) == sizeof(float))
    return value;
  else
    return float_to_bfloat16(value);
}

}  // namespace

template <class T>
void rms_norm_row(const NormRow<T>& row) {
  constexpr std::int64_t kLanes = 32;
  std::array<float, kLanes> lanes{};
  std::int64_t i = 0;
  for (; i + kLanes <= row.size; i += kLanes)
    for (std::int64_t j = 0; j < kLanes; ++j) {
      const float value = widen(row.x[i + j]);
      lanes[static_cast<std::size_t>(j)] += value * value;
    }
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  for (; i < row.size; ++i) sum += widen(row.x[i]) * widen(row.x[i]);
  const float scale = 1.0F / std::sqrt(sum / static_cast<float>(row.size) + row.eps);
  for (i = 0; i < row.size; ++i) {
    const float value = widen(row.x[i]) * scale, weight = widen(row.weight[i]);
    if (row.form == NormForm::kRounded)
      row.out[i] = rounded<T>(widen(rounded<T>(value)) * weight);
    else
      row.out[i] = rounded<T>(value * (row.form == NormForm::kOffset ? 1.0F + weight : weight));
  }
}

template <class T>
void rope_row(const T* x, const T* cosine, const T* sine, T* out, std::int64_t size) {
  const std::int64_t half = size / 2;
  for (std::int64_t i = 0; i < half; ++i) {
    const float a = widen(x[i]), b = widen(x[i + half]);
    const float turned_a = widen(rounded<T>(a * widen(cosine[i]))) + b * widen(sine[i]);
    const float turned_b = widen(rounded<T>(b * widen(cosine[i + half]))) + a * widen(sine[i + half]);
    out[i] = rounded<T>(turned_a);
    out[i + half] = rounded<T>(turned_b);
  }
}

template <class T>
void gated_row(const T* gate, const T* up, T* out, std::int64_t size, Gate kind) {
  for (std::int64_t i = 0; i < size; ++i) {
    const float x = widen(gate[i]);
    // 0.5 (1 + tanh y) is the logistic function of 2 y.
    const float inner = kind == Gate::kSilu ? x : 1.5957691216057308F * (x + 0.044715F * x * x * x);
    out[i] = rounded<T>(widen(rounded<T>(x / (1.0F + std::exp(-inner)))) * widen(up[i]));
  }
}

template <class T>
void add_row(const T* a, const T* b, T* out, std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) out[i] = rounded<T>(widen(a[i]) + widen(b[i]));
}

template <class T>
void softmax_row(const SoftmaxRow<T>& row) {
  float largest = widen(row.x[row.first]), sum = 0;
  for (std::int64_t i = row.first; i < row.end; ++i) largest = std::max(largest, widen(row.x[i]));
  for (std::int64_t i = row.first; i < row.end; ++i) {
    row.scratch[i] = std::exp(widen(row.x[i]) - largest);
    sum += row.scratch[i];
  }
  for (std::int64_t i = 0; i < row.size; ++i)
    row.x[i] = i >= row.first && i < row.end ? rounded<T>(row.scratch[i] / sum) : T{0};
}

template <class T>
float quantize_row(const T* x, std::int8_t* out, std::int64_t size) {
  float largest = 0;
  bool finite = true;
  for (std::int64_t i = 0; i < size; ++i) {
    finite &= std::isfinite(widen(x[i]));
    largest = std::max(largest, std::abs(widen(x[i])));
  }
  const float scale = largest / 127.0F;
  // Numbers too small for a scale are zero.
  const float inverse = finite && largest > 1e-35F ? 127.0F / largest : 0.0F;
  for (std::int64_t i = 0; i < size; ++i)
    out[i] = inverse == 0.0F ? std::int8_t{0} : static_cast<std::int8_t>(std::nearbyint(widen(x[i]) * inverse));
  return finite ? scale : NAN;
}

template <class T>
void dequantize_row(const std::int8_t* x, float scale, T* out, std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) out[i] = rounded<T>(static_cast<float>(x[i]) * scale);
}

C2C_INSTANTIATE_ROW_KERNELS(float)
C2C_INSTANTIATE_ROW_KERNELS(std::uint16_t)

}  // namespace c2c::kernels::scalar
