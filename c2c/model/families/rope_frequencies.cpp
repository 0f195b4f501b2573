#include "c2c/model/families/rope_frequencies.h"

#include <ATen/ATen.h>

#include <cmath>

namespace c2c {
namespace {

// Llama 3.1: long waves are slowed down by `factor`, short ones kept, those between are interpolated.
at::Tensor llama3_scaled(const at::Tensor& frequencies, const RopeScaling& scaling) {
  const double original = static_cast<double>(scaling.original_max_position);
  const double longest_kept = original / scaling.high_freq_factor, shortest_slowed = original / scaling.low_freq_factor;
  const at::Tensor wavelength = (2 * M_PI) * frequencies.reciprocal();
  const at::Tensor slowed = at::where(wavelength > shortest_slowed, frequencies / scaling.factor, frequencies);
  const at::Tensor smooth = (original * wavelength.reciprocal() - scaling.low_freq_factor) /
                            (scaling.high_freq_factor - scaling.low_freq_factor);
  const at::Tensor blended = (1 - smooth) * slowed / scaling.factor + smooth * slowed;
  const at::Tensor between = at::logical_and(wavelength >= longest_kept, wavelength <= shortest_slowed);
  return at::where(between, blended, slowed);
}

}  // namespace

at::Tensor rope_frequencies(const ModelConfig& config, bool local) {
  const bool own_base = local && config.family == Family::kGemma3;
  const auto wide = at::TensorOptions(at::kFloat).device(at::kCPU);
  const at::Tensor exponents = at::arange(0, config.head_dim, 2, wide) / static_cast<double>(config.head_dim);
  const at::Tensor frequencies =
      at::pow(at::Scalar(own_base ? config.rope_local_theta : config.rope_theta), exponents).reciprocal();
  if (own_base) return frequencies;
  if (!config.rope_divisors.empty())
    return frequencies / at::tensor(at::ArrayRef<double>(config.rope_divisors)).to(at::kFloat);
  if (config.rope_scaling.type == "linear") return frequencies / config.rope_scaling.factor;
  if (config.rope_scaling.type == "llama3") return llama3_scaled(frequencies, config.rope_scaling);
  return frequencies;
}

}  // namespace c2c
