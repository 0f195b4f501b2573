// The small layers between matrix products, a row of numbers at a time. T: float, or std::uint16_t for bfloat16 bits.
// Arithmetic is float32. Where LibTorch rounds a bfloat16 step in between, so do these (the AVX-512 ones round
// subnormal results to zero). Any length, any alignment; `out` may be an input.
#pragma once
#include <cstdint>

namespace c2c::kernels {

// What happens to x / sqrt(mean(x^2) + eps).
enum class NormForm {
  kRounded,  // rounded to T, then times the weight (Llama, Qwen)
  kOffset,   // times 1 + weight in float32 (Gemma)
  kFloat,    // times the weight in float32 (the fusers')
};
template <class T>
struct NormRow {
  const T* x = nullptr;
  const T* weight = nullptr;
  T* out = nullptr;
  std::int64_t size = 0;
  float eps = 0;
  NormForm form = NormForm::kRounded;
};
// Squares are summed in 32 lanes, those in order, then the last size % 32 numbers.
template <class T>
void rms_norm_row(const NormRow<T>& row);

// One head of one token, half-split layout: dimension i turns with i + size / 2; `out` may be x. The first half of
// `sine` carries the minus sign.
template <class T>
void rope_row(const T* x, const T* cosine, const T* sine, T* out, std::int64_t size);

enum class Gate { kSilu, kGeluTanh };
// act(gate) * up.
template <class T>
void gated_row(const T* gate, const T* up, T* out, std::int64_t size, Gate kind);

template <class T>
void add_row(const T* a, const T* b, T* out, std::int64_t size);

// In place: softmax of x[first, end), zero elsewhere; 0 <= first < end <= size. `scratch`: `size` floats.
template <class T>
struct SoftmaxRow {
  T* x = nullptr;
  std::int64_t first = 0, end = 0, size = 0;
  float* scratch = nullptr;
};
template <class T>
void softmax_row(const SoftmaxRow<T>& row);

// One token of one head to int8 and back: out = round(x / scale), scale = largest / 127. A row with an infinite number
// or a NaN gets the scale NaN.
template <class T>
float quantize_row(const T* x, std::int8_t* out, std::int64_t size);
template <class T>
void dequantize_row(const std::int8_t* x, float scale, T* out, std::int64_t size);

}  // namespace c2c::kernels
