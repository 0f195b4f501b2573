#include "c2c/fuser/kv_gates.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "c2c/fuser/parameters.h"

namespace c2c {

KvGates::KvGates(const InitArgs& args, TemperatureSchedule schedule, double start, at::ScalarType dtype)
    : schedule_{args.number("initial_temperature", schedule.initial), args.number("final_temperature", schedule.final),
                args.number("anneal_steps", schedule.anneal_steps)},
      key_logit_(constant_parameter({}, start, dtype)),
      value_logit_(constant_parameter({}, start, dtype)),
      temperature_(constant_parameter({}, schedule_.initial, dtype)) {}

KvPair KvGates::sample(const std::array<std::int64_t, 3>& BHN, const TrainingDraws* draws) const {
  const std::array<std::int64_t, 4> shape = {BHN[0], BHN[1], BHN[2], 1};
  const at::TensorOptions options = key_logit_.options().requires_grad(false);
  const at::Tensor key_u = draw_uniform(draws, shape, options);
  const at::Tensor value_u = draw_uniform(draws, shape, options);
  return {gumbel_sigmoid(key_logit_.view({1, 1, 1, 1}), temperature_, key_u),
          gumbel_sigmoid(value_logit_.view({1, 1, 1, 1}), temperature_, value_u)};
}

void KvGates::set_temperature_step(std::int64_t step) {
  const at::NoGradGuard no_grad;
  temperature_.fill_(schedule_.at_step(step));
}

void KvGates::capture_logits(ProjectContext::Capture& capture) const {
  capture.key_gate_logit = key_logit_.item<double>();
  capture.value_gate_logit = value_logit_.item<double>();
}

void KvGates::visit(const std::string& prefix, const ParameterVisitor& visitor) {
  visitor({prefix + "key_gate_logit", &key_logit_, false});
  visitor({prefix + "value_gate_logit", &value_logit_, false});
  visitor({prefix + "gate_temperature", &temperature_, true});
  key_state_.forget();
  value_state_.forget();
}

}  // namespace c2c
