#include "c2c/fuser/gate.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "c2c/base/error.h"

namespace c2c {

double TemperatureSchedule::at_step(std::int64_t step) const {
  if (!(anneal_steps > 0))
    fail_input({.where = "gate temperature",
                .key = "anneal_steps",
                .found = std::to_string(anneal_steps),
                .expected = "a positive number of steps"});
  const double ratio = std::min(static_cast<double>(step) / anneal_steps, 1.0);
  return initial * std::pow(final / initial, ratio);
}

at::Tensor draw_uniform(const TrainingDraws* draws, at::IntArrayRef shape, at::TensorOptions options) {
  if (draws != nullptr && draws->uniform) return draws->uniform(shape, options);
  return at::rand(shape, options);
}

at::Tensor gumbel_sigmoid(const at::Tensor& logit, const at::Tensor& temperature, const at::Tensor& u) {
  const at::Tensor noise = -at::log(-at::log(u + 1e-20) + 1e-20);
  return at::sigmoid((logit + noise) / temperature);
}

bool GateState::open(const at::Tensor& logit) const {
  if (logit.is_cpu() && logit.numel() == 1) return logit.item<double>() > 0;
  const std::lock_guard lock(mutex_);
  const std::int64_t version = logit.is_inference() ? 0 : static_cast<std::int64_t>(logit._version());
  if (!seen_.is_same(logit) || version_ != version) {
    open_ = (logit.detach() > 0).any().item<bool>();
    seen_ = logit;
    version_ = version;
  }
  return open_;
}

void GateState::forget() const {
  const std::lock_guard lock(mutex_);
  seen_ = at::Tensor();
}

}  // namespace c2c
