// The loss of a batch of samples, as the fused forward of `rosetta` gives it: the receiver alone, the fused receiver,
// or the control.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "c2c/rosetta/rosetta.h"
#include "c2c/train/data/sample.h"

namespace c2c {

// What the receiver hears.
enum class Hears {
  kSharer,   // its sharers
  kNobody,   // nothing: the receiver alone
  kAnother,  // the control: what the sharers made of the batch's previous sample (the reference's roll by one)
};
std::string_view to_string(Hears hears);  // "fused", "receiver", "shuffled"

struct BatchLossOptions {
  Hears hears = Hears::kSharer;
  bool training = false;  // soft gates, dropout, gradients
  const TrainingDraws* draws = nullptr;
  const PrefixCache* prefix = nullptr;  // ForwardOptions::prefix
  bool head_is_trained = false;
};

struct BatchLoss {
  at::Tensor sum;           // of the tokens' cross-entropies, float32 scalar
  std::int64_t tokens = 0;  // labels
};

// Every label is predicted from the token before it, which must lie in its sample's last section. Throws kInput for a
// batch without labels.
BatchLoss batch_loss(const Rosetta& rosetta, const std::vector<Sample>& batch, const BatchLossOptions& options);

}  // namespace c2c
