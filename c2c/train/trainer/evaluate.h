// Held-out loss: receiver alone, fused, and fused with another sample's sharer (the control), side by side.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/tensor/dist/process_group.h"
#include "c2c/train/trainer/batch_loss.h"

namespace c2c {

struct HeldOutLoss {
  // Nats per token, mean over batches of each batch's mean (the reference's figure), and over all tokens.
  double batch_mean = 0, token_mean = 0;
  std::int64_t tokens = 0, batches = 0;
};

struct EvaluationSet {
  std::int64_t size = 0;
  std::function<Sample(std::int64_t)> sample;
  std::int64_t batch_size = 1;
  const PrefixCache* prefix = nullptr;  // ForwardOptions::prefix
};

// In file order, hard gates, no gradients; batches are dealt out to the ranks, every rank gets the result.
HeldOutLoss evaluate(const Rosetta& rosetta, const EvaluationSet& set, Hears hears, ProcessGroup& group,
                     const ProgressFn& progress = {});

}  // namespace c2c
