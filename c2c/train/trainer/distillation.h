// Oracle training: the fusers learn to write what the receiver makes of the prompt alone (spec/training.md, section
// 13).
#pragma once
#include <string>
#include <vector>

#include "c2c/train/trainer/batch_loss.h"

namespace c2c {

// `loss`: kv_mse, kv_l1 or kv_cosine. One number for the batch, as if it had one label.
BatchLoss distillation_loss(const Rosetta& rosetta, const std::vector<Sample>& batch, const std::string& loss,
                            const TrainingDraws* draws);

}  // namespace c2c
