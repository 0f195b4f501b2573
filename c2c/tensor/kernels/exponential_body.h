// e^x over the lanes of one instruction set; included as row_kernels_body.h is. No include guard.
// Cephes' polynomial on [-ln 2 / 2, ln 2 / 2]: 1 ulp. NaN stays NaN.
C2C_INLINE Lanes exponential(Lanes x) {
  x = maximum(all(-104.0F), minimum(all(89.0F), x));
  const Lanes n = nearest_integer(x * all(1.44269504088896341F));
  const Lanes r = fma(n, all(2.12194440e-4F), fma(n, all(-0.693359375F), x));
  Lanes p = all(1.9875691500e-4F);
  p = fma(p, r, all(1.3981999507e-3F));
  p = fma(p, r, all(8.3334519073e-3F));
  p = fma(p, r, all(4.1665795894e-2F));
  p = fma(p, r, all(1.6666665459e-1F));
  p = fma(p, r, all(5.0000001201e-1F));
  return times_power_of_two(fma(p, r * r, r) + all(1.0F), n);
}
