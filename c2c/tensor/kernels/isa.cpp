#include "c2c/tensor/kernels/isa.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <string>

#include "c2c/base/error.h"

namespace c2c::kernels {
namespace {

constexpr std::array<Isa, 3> kAll = {Isa::kScalar, Isa::kAvx2, Isa::kAvx512};

Isa from_environment() {
  const char* wanted = std::getenv("C2C_ISA");
  if (wanted == nullptr || *wanted == '\0') return machine_isa();
  for (const Isa isa : kAll)
    if (std::string(isa_name(isa)) == wanted) return std::min(isa, machine_isa());
  fail_usage({.where = "environment", .key = "C2C_ISA", .found = wanted, .expected = "scalar, avx2 or avx512"});
}

std::atomic<Isa>& current() {
  static std::atomic<Isa> value{from_environment()};
  return value;
}

}  // namespace

Isa machine_isa() {
#ifdef C2C_X86
  static const Isa best = [] {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c"))
      return Isa::kScalar;
    const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bf16");
    return wide ? Isa::kAvx512 : Isa::kAvx2;
  }();
  return best;
#else
  return Isa::kScalar;
#endif
}

Isa isa() {
  return current().load(std::memory_order_relaxed);
}

const char* isa_name(Isa isa) {
  constexpr std::array<const char*, 3> kNames = {"scalar", "avx2", "avx512"};
  return kNames[static_cast<std::size_t>(isa)];
}

ScopedIsa::ScopedIsa(Isa wanted) : before_(current().exchange(std::min(wanted, machine_isa()))) {}

ScopedIsa::~ScopedIsa() {
  current().store(before_);
}

}  // namespace c2c::kernels
