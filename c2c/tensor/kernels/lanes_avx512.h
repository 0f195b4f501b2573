// 16 floats at a time, under the names that the *_body.h files use. lanes_avx2.h has the same with 8.
#pragma once
#include "c2c/tensor/kernels/isa.h"

#ifdef C2C_X86
#if !defined(__clang__) && __GNUC__ < 13
// Of the intrinsics' own undefined operands (gcc bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <cstdint>

namespace c2c::kernels::avx512 {

inline constexpr std::int64_t kLanes = 16;
using Lanes = __m512;

C2C_INLINE_AVX512 Lanes all(float x) {
  return _mm512_set1_ps(x);
}
C2C_INLINE_AVX512 Lanes fma(Lanes a, Lanes b, Lanes c) {
  return _mm512_fmadd_ps(a, b, c);
}
C2C_INLINE_AVX512 Lanes maximum(Lanes a, Lanes b) {  // b where one is NaN
  return _mm512_max_ps(a, b);
}
C2C_INLINE_AVX512 Lanes minimum(Lanes a, Lanes b) {  // b where one is NaN
  return _mm512_min_ps(a, b);
}
C2C_INLINE_AVX512 Lanes magnitude(Lanes a) {
  return _mm512_abs_ps(a);
}
C2C_INLINE_AVX512 float sum_of(Lanes a) {
  return _mm512_reduce_add_ps(a);
}
C2C_INLINE_AVX512 float largest_of(Lanes a) {
  return _mm512_reduce_max_ps(a);
}

C2C_INLINE_AVX512 __mmask16 first(std::int64_t count) {
  return static_cast<__mmask16>((1U << count) - 1U);
}
C2C_INLINE_AVX512 Lanes load(const float* p) {
  return _mm512_loadu_ps(p);
}
C2C_INLINE_AVX512 Lanes load(const float* p, std::int64_t count) {
  return _mm512_maskz_loadu_ps(first(count), p);
}
C2C_INLINE_AVX512 Lanes widened(__m256i bits) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
C2C_INLINE_AVX512 Lanes load(const std::uint16_t* p) {
  return widened(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
C2C_INLINE_AVX512 Lanes load(const std::uint16_t* p, std::int64_t count) {
  return widened(_mm256_maskz_loadu_epi16(first(count), p));
}
C2C_INLINE_AVX512 Lanes load(const std::int8_t* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
}
C2C_INLINE_AVX512 Lanes load(const std::int8_t* p, std::int64_t count) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(first(count), p)));
}

// Round to nearest even; subnormal numbers become zero.
C2C_INLINE_AVX512 __m256i narrowed(Lanes a) {
  return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(a));
}
C2C_INLINE_AVX512 void store(float* p, Lanes a) {
  _mm512_storeu_ps(p, a);
}
C2C_INLINE_AVX512 void store(float* p, Lanes a, std::int64_t count) {
  _mm512_mask_storeu_ps(p, first(count), a);
}
C2C_INLINE_AVX512 void store(std::uint16_t* p, Lanes a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), narrowed(a));
}
C2C_INLINE_AVX512 void store(std::uint16_t* p, Lanes a, std::int64_t count) {
  _mm256_mask_storeu_epi16(p, first(count), narrowed(a));
}
C2C_INLINE_AVX512 void store(std::int8_t* p, Lanes a, std::int64_t count) {  // rounds; within int8
  _mm_mask_storeu_epi8(p, first(count), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a)));
}
C2C_INLINE_AVX512 Lanes rounded(float, Lanes a) {
  return a;
}
C2C_INLINE_AVX512 Lanes rounded(std::uint16_t, Lanes a) {
  return widened(narrowed(a));
}

C2C_INLINE_AVX512 Lanes nearest_integer(Lanes a) {
  return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
C2C_INLINE_AVX512 Lanes times_power_of_two(Lanes a, Lanes n) {
  return _mm512_scalef_ps(a, n);
}

// Lane i is the sum of rows[i].
C2C_INLINE_AVX512 Lanes sums_of(const Lanes (&rows)[kLanes]) {
  Lanes a[8], b[4];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i)
    a[i] = _mm512_shuffle_f32x4(rows[i], rows[i + 8], 0x44) + _mm512_shuffle_f32x4(rows[i], rows[i + 8], 0xEE);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i)
    b[i] = _mm512_shuffle_f32x4(a[i], a[i + 4], 0x88) + _mm512_shuffle_f32x4(a[i], a[i + 4], 0xDD);
  const Lanes c = _mm512_shuffle_ps(b[0], b[2], 0x44) + _mm512_shuffle_ps(b[0], b[2], 0xEE);
  const Lanes d = _mm512_shuffle_ps(b[1], b[3], 0x44) + _mm512_shuffle_ps(b[1], b[3], 0xEE);
  const Lanes mixed = _mm512_shuffle_ps(c, d, 0x88) + _mm512_shuffle_ps(c, d, 0xDD);
  return _mm512_permutexvar_ps(_mm512_setr_epi32(0, 2, 1, 3, 8, 10, 9, 11, 4, 6, 5, 7, 12, 14, 13, 15), mixed);
}

// 32 bfloat16 products, added to 16 sums.
struct Pairs {
  __m512i bits;
};
C2C_INLINE_AVX512 Pairs load_pairs(const std::uint16_t* p) {
  return {_mm512_loadu_si512(p)};
}
C2C_INLINE_AVX512 Lanes add_products(Lanes sums, Pairs a, const std::uint16_t* b) {
  return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(a.bits), reinterpret_cast<__m512bh>(_mm512_loadu_si512(b)));
}

}  // namespace c2c::kernels::avx512
#endif
