// What a run will cost, before it runs.
#pragma once
#include <cstdint>

#include "c2c/train/trainer/train_data.h"
#include "c2c/train/trainer/trainee.h"

namespace c2c {

struct DryRun {
  std::int64_t parameters = 0, trainable = 0;
  std::int64_t model_bytes = 0, fuser_bytes = 0, gradient_bytes = 0, optimizer_bytes = 0, activation_bytes = 0;
  std::int64_t updates = 0, samples_per_update = 0;
  double tokens_per_update = 0, flops_per_update = 0;
  double flops_per_second = 0;  // of a matrix product measured now, in the models' dtype
  double seconds_per_update = 0;

  std::int64_t peak_bytes() const {
    return model_bytes + fuser_bytes + gradient_bytes + optimizer_bytes + activation_bytes;
  }
};

// Estimates from parameter counts and the samples' mean length: forward costs 2 FLOP a parameter and token, what needs
// gradients 4 more (receiver tokens of the last section 2 more where it is frozen). One micro-batch of activations.
DryRun estimate(const TrainRecipe& recipe, const Trainee& trainee, const TrainData& data, int ranks);

}  // namespace c2c
