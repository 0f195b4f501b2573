// 8 floats at a time, under the names that the *_body.h files use. lanes_avx512.h has the same with 16.
#pragma once
#include "c2c/tensor/kernels/isa.h"

#ifdef C2C_X86
#include <immintrin.h>

#include <cstdint>
#include <cstring>

namespace c2c::kernels::avx2 {

inline constexpr std::int64_t kLanes = 8;
using Lanes = __m256;

C2C_INLINE_AVX2 Lanes all(float x) {
  return _mm256_set1_ps(x);
}
C2C_INLINE_AVX2 Lanes fma(Lanes a, Lanes b, Lanes c) {
  return _mm256_fmadd_ps(a, b, c);
}
C2C_INLINE_AVX2 Lanes maximum(Lanes a, Lanes b) {  // b where one is NaN
  return _mm256_max_ps(a, b);
}
C2C_INLINE_AVX2 Lanes minimum(Lanes a, Lanes b) {  // b where one is NaN
  return _mm256_min_ps(a, b);
}
C2C_INLINE_AVX2 Lanes magnitude(Lanes a) {
  return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), a);
}
C2C_INLINE_AVX2 float sum_of(Lanes a) {
  __m128 x = _mm256_castps256_ps128(a) + _mm256_extractf128_ps(a, 1);
  x += _mm_movehl_ps(x, x);
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}
C2C_INLINE_AVX2 float largest_of(Lanes a) {
  __m128 x = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  x = _mm_max_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}

C2C_INLINE_AVX2 Lanes load(const float* p) {
  return _mm256_loadu_ps(p);
}
C2C_INLINE_AVX2 Lanes load(const std::uint16_t* p) {
  const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}
C2C_INLINE_AVX2 Lanes load(const std::int8_t* p) {
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
}
template <class T>
C2C_INLINE_AVX2 Lanes load(const T* p, std::int64_t count) {
  T padded[kLanes] = {};
  std::memcpy(padded, p, static_cast<std::size_t>(count) * sizeof(T));
  return load(padded);
}

// Round to nearest even.
C2C_INLINE_AVX2 __m256i narrowed_wide(Lanes a) {
  const __m256i bits = _mm256_castps_si256(a);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i near = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(a, a, _CMP_UNORD_Q));
  return _mm256_srli_epi32(_mm256_blendv_epi8(near, quiet, nan), 16);
}
C2C_INLINE_AVX2 void store(float* p, Lanes a) {
  _mm256_storeu_ps(p, a);
}
C2C_INLINE_AVX2 void store(std::uint16_t* p, Lanes a) {
  const __m256i wide = narrowed_wide(a);
  const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(wide, wide), 0x08);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_castsi256_si128(packed));
}
C2C_INLINE_AVX2 void store(std::int8_t* p, Lanes a) {  // rounds; within int8
  const __m256i wide = _mm256_cvtps_epi32(a);
  const __m128i half = _mm_packs_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packs_epi16(half, half));
}
template <class T>
C2C_INLINE_AVX2 void store(T* p, Lanes a, std::int64_t count) {
  T padded[kLanes];
  store(padded, a);
  std::memcpy(p, padded, static_cast<std::size_t>(count) * sizeof(T));
}
C2C_INLINE_AVX2 Lanes rounded(float, Lanes a) {
  return a;
}
C2C_INLINE_AVX2 Lanes rounded(std::uint16_t, Lanes a) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(narrowed_wide(a), 16));
}

C2C_INLINE_AVX2 Lanes nearest_integer(Lanes a) {
  return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// n: whole numbers of [-252, 254]. In two steps, so that subnormal and infinite results come out right.
C2C_INLINE_AVX2 Lanes times_power_of_two(Lanes a, Lanes n) {
  const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
  const __m256i bias = _mm256_set1_epi32(127);
  const __m256i other = _mm256_sub_epi32(whole, half);
  const Lanes one = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
  const Lanes two = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(other, bias), 23));
  return a * one * two;
}

// Lane i is the sum of rows[i].
C2C_INLINE_AVX2 Lanes sums_of(const Lanes (&rows)[kLanes]) {
  const Lanes a = _mm256_hadd_ps(rows[0], rows[1]), b = _mm256_hadd_ps(rows[2], rows[3]);
  const Lanes c = _mm256_hadd_ps(rows[4], rows[5]), d = _mm256_hadd_ps(rows[6], rows[7]);
  const Lanes ab = _mm256_hadd_ps(a, b), cd = _mm256_hadd_ps(c, d);
  return _mm256_permute2f128_ps(ab, cd, 0x20) + _mm256_permute2f128_ps(ab, cd, 0x31);
}

// 16 bfloat16 products, added to 8 sums: those of even places, those of odd places.
struct Pairs {
  Lanes even, odd;
};
C2C_INLINE_AVX2 Pairs load_pairs(const std::uint16_t* p) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(bits, 16)),
          _mm256_castsi256_ps(_mm256_and_si256(bits, _mm256_set1_epi32(static_cast<int>(0xFFFF0000U))))};
}
C2C_INLINE_AVX2 Lanes add_products(Lanes sums, Pairs a, const std::uint16_t* b) {
  const Pairs other = load_pairs(b);
  return fma(a.odd, other.odd, fma(a.even, other.even, sums));
}

}  // namespace c2c::kernels::avx2
#endif
