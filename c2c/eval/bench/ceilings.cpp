#include "c2c/eval/bench/ceilings.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "c2c/tensor/nn/linear.h"

namespace c2c::bench {
namespace {

double product_flops(std::int64_t size) {
  const auto n = static_cast<double>(size);
  return 2 * n * n * n;
}

void keep_best(GemmPeak& peak, std::int64_t size, const Rounds& rounds, const std::function<void()>& multiply) {
  const Contender contender{"", [&] {
                              const Stopwatch watch;
                              multiply();
                              return Parts{{"", watch.seconds()}};
                            }};
  const double best = take_turns({contender}, rounds)[""][""].minimum();
  if (best <= 0 || product_flops(size) / best <= peak.flops_per_second) return;
  peak.size = size;
  peak.flops_per_second = product_flops(size) / best;
}

GemmPeak libtorch_gemm(at::ScalarType type, const std::string& name, const CeilingOptions& options) {
  GemmPeak peak{.type = name, .by = "LibTorch"};
  for (const std::int64_t size : options.gemm_sizes) {
    const at::Tensor a = at::randn({size, size}).to(type), b = at::randn({size, size}).to(type);
    at::Tensor out = at::empty_like(a);
    keep_best(peak, size, options.rounds, [&] { at::mm_out(out, a, b); });
    keep_best(peak, size, options.rounds, [&] { out = at::linear(a, b); });
  }
  return peak;
}

// As a layer of a model holds it: packed once, input and output bfloat16 (f32: float32).
GemmPeak own_gemm(WeightFormat format, const CeilingOptions& options) {
  GemmPeak peak{.type = std::string(weight_format_name(format)), .by = "c2c"};
  const at::ScalarType type = format == WeightFormat::kF32 ? at::kFloat : at::kBFloat16;
  const auto measure = [&](std::int64_t size) {
    Linear layer(at::randn({size, size}));
    layer.pack(format);
    const at::Tensor x = at::randn({size, size}).to(type);
    at::Tensor out;
    keep_best(peak, size, options.rounds, [&] { out = layer(x); });
  };
  // A first look: without vector kernels for this format the sizes asked for would take minutes.
  constexpr std::int64_t kLook = 256;
  constexpr double kLongestSeconds = 2;
  measure(kLook);
  for (const std::int64_t size : options.gemm_sizes)
    if (product_flops(size) / peak.flops_per_second < kLongestSeconds) {
      if (peak.size == kLook) peak.flops_per_second = 0;
      measure(size);
    }
  return peak;
}

}  // namespace

double Ceilings::gemm_peak(const std::string& type) const {
  double best = 0;
  for (const GemmPeak& peak : gemm)
    if (peak.type == type) best = std::max(best, peak.flops_per_second);
  return best;
}

Ceilings measure_ceilings(const CeilingOptions& options) {
  const c10::InferenceMode inference;
  Ceilings ceilings{.threads = at::get_num_threads()};
  ceilings.read_bytes_per_second = read_bandwidth(options.read_bytes, options.rounds);
  ceilings.gemm.push_back(libtorch_gemm(at::kFloat, "f32", options));
  ceilings.gemm.push_back(libtorch_gemm(at::kBFloat16, "bf16", options));
  for (const WeightFormat format : {WeightFormat::kF32, WeightFormat::kBf16, WeightFormat::kQ8, WeightFormat::kQ4})
    ceilings.gemm.push_back(own_gemm(format, options));
  return ceilings;
}

}  // namespace c2c::bench
