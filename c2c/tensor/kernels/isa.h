// Which instructions the kernels may use: found once at run time, so that one binary runs on every machine.
#pragma once

// Kernels of one instruction set live in files of their own and carry these attributes function by function, helpers
// with C2C_INLINE_* (templates too; not lambdas, which do not inherit them).
#if defined(__x86_64__) && defined(__GNUC__)
#define C2C_X86 1
#define C2C_AVX2_FEATURES "avx2,fma,f16c"
#define C2C_AVX512_FEATURES "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16"
#define C2C_AVX2 __attribute__((target(C2C_AVX2_FEATURES)))
#define C2C_AVX512 __attribute__((target(C2C_AVX512_FEATURES)))
#define C2C_INLINE_AVX2 __attribute__((target(C2C_AVX2_FEATURES), always_inline)) inline
#define C2C_INLINE_AVX512 __attribute__((target(C2C_AVX512_FEATURES), always_inline)) inline
#endif

namespace c2c::kernels {

// Each includes the ones before it. kAvx2: AVX2, FMA, F16C. kAvx512: F, BW, DQ, VL, VNNI and BF16 (Zen 4, Sapphire
// Rapids, Cooper Lake and later); a machine with a part of these runs the AVX2 kernels.
enum class Isa { kScalar, kAvx2, kAvx512 };

Isa machine_isa();  // the best this machine has
// What kernels use: the best, or what the environment variable C2C_ISA=scalar|avx2|avx512 asks for if that is lower.
Isa isa();
const char* isa_name(Isa isa);

// Tests only, while no kernel runs: another instruction set (at most the machine's) until the end of the scope.
class ScopedIsa {
 public:
  explicit ScopedIsa(Isa wanted);
  ~ScopedIsa();
  ScopedIsa(const ScopedIsa&) = delete;
  ScopedIsa& operator=(const ScopedIsa&) = delete;

 private:
  Isa before_;
};

}  // namespace c2c::kernels
