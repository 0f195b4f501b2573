#include "c2c/train/trainer/distillation.h"

#include <ATen/core/grad_mode.h>

#include "c2c/rosetta/oracle.h"
#include "c2c/rosetta/oracle_loss.h"

namespace c2c {

BatchLoss distillation_loss(const Rosetta& rosetta, const std::vector<Sample>& batch, const std::string& loss,
                            const TrainingDraws* draws) {
  const at::AutoGradMode gradients(true);
  std::vector<SectionPlan> plans;
  for (const Sample& sample : batch) plans.push_back(sample.plan);
  RosettaState own, fused;
  read_alone(rosetta, plans, own);
  OracleKvMeter meter(own.receiver, own.mask_BT, oracle_loss_from_name(loss.substr(loss.find('_') + 1)));
  const FuseObserver observer = meter.observer();
  rosetta.forward(plans, fused, {.whole_last_section = false, .training = true, .draws = draws, .observer = &observer});
  return {meter.loss(), 1};
}

}  // namespace c2c
