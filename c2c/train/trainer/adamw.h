// AdamW (Loshchilov & Hutter 2019), step by step as torch.optim.AdamW does it, each step rounded to the parameter's own
// dtype (spec/training.md, section 9).
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace c2c {

struct NamedParameter {
  std::string name;
  at::Tensor tensor;  // a leaf that requires a gradient
};

struct AdamWOptions {
  double weight_decay = 0.01, beta1 = 0.9, beta2 = 0.999, eps = 1e-8;
};

class AdamW {
 public:
  AdamW(std::vector<NamedParameter> parameters, AdamWOptions options);

  // One update with the gradients that are there; a parameter without one is left alone, as in torch.
  void step(double lr);
  void zero_grad();
  // L2 norm over all gradients, before it was cut to `max_norm` (factor min(1, max_norm / (norm + 1e-6)); 0 or less:
  // not cut).
  double clip_gradients(double max_norm) const;

  const std::vector<NamedParameter>& parameters() const { return parameters_; }
  // Moments by name ("exp_avg.NAME", "exp_avg_sq.NAME") and each parameter's number of updates ("step.NAME", int64):
  // what a checkpoint keeps. Views, except for the steps.
  std::vector<NamedParameter> state() const;
  // Takes over state() of an optimizer over the same parameters; throws kInput naming what is missing or misshapen.
  void load_state(const std::vector<NamedParameter>& state, const std::string& where);

 private:
  struct Moments {
    at::Tensor mean, square;
    std::int64_t steps = 0;
  };
  std::vector<NamedParameter> parameters_;
  std::vector<Moments> moments_;
  AdamWOptions options_;
};

}  // namespace c2c
