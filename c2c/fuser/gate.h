// The gate: a learned logit, sampled with Gumbel noise at a falling temperature in training, a hard switch in
// evaluation (C2C paper, section 3.3).
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <mutex>

#include "c2c/fuser/projector.h"

namespace c2c {

// T(k) = T0 (T1/T0)^min(k/anneal_steps, 1), in double.
struct TemperatureSchedule {
  double initial = 1.0, final = 0.001, anneal_steps = 1929;
  double at_step(std::int64_t step) const;  // throws kInput where anneal_steps is not positive
};

// u ~ U[0,1): the recorded draws of `draws`, else at::rand from the default generator.
at::Tensor draw_uniform(const TrainingDraws* draws, at::IntArrayRef shape, at::TensorOptions options);
// sigmoid((logit + G) / T), G = -ln(-ln(u + 1e-20) + 1e-20), each step rounded to the tensors' dtype.
at::Tensor gumbel_sigmoid(const at::Tensor& logit, const at::Tensor& temperature, const at::Tensor& u);

// Whether any element of a gate logit is positive, known on the host. On a device it is read once per value of the
// logit, so that a forward does not wait for the device.
class GateState {
 public:
  bool open(const at::Tensor& logit) const;
  void forget() const;  // the logit was handed out to be changed

 private:
  mutable std::mutex mutex_;
  mutable at::Tensor seen_;
  mutable std::int64_t version_ = 0;
  mutable bool open_ = false;
};

}  // namespace c2c
