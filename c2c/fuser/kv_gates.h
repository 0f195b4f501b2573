// The key gate and the value gate of one projector with their shared temperature, as C2CProjector has them: what a new
// projector class keeps instead of writing it again.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

#include "c2c/fuser/gate.h"
#include "c2c/fuser/init_args.h"
#include "c2c/tensor/nn/module.h"

namespace c2c {

class KvGates {
 public:
  // Reads initial_temperature, final_temperature and anneal_steps, defaults from `schedule`. `start`: of both logits.
  KvGates(const InitArgs& args, TemperatureSchedule schedule, double start, at::ScalarType dtype);

  // The hard gates of evaluation: a logit of exactly 0 is shut.
  bool key_open() const { return key_state_.open(key_logit_); }
  bool value_open() const { return value_state_.open(value_logit_); }
  // The soft gates of training, (B, H, N, 1) each; the key's noise is drawn first.
  KvPair sample(const std::array<std::int64_t, 3>& BHN, const TrainingDraws* draws) const;
  at::ScalarType dtype() const { return key_logit_.scalar_type(); }
  void set_temperature_step(std::int64_t step);
  void capture_logits(ProjectContext::Capture& capture) const;
  // key_gate_logit, value_gate_logit, and the buffer gate_temperature.
  void visit(const std::string& prefix, const ParameterVisitor& visitor);

 private:
  TemperatureSchedule schedule_;
  at::Tensor key_logit_, value_logit_, temperature_;  // ()
  GateState key_state_, value_state_;
};

}  // namespace c2c
