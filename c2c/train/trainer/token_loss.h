// Cross-entropy over the labels of a batch, without ever holding all logits. Legend: M labelled tokens, C hidden size,
// V vocabulary.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "c2c/model/families/causal_lm.h"

namespace c2c {

struct TokenLossOptions {
  bool differentiable = false;   // towards the hidden states
  bool head_is_trained = false;  // ... and towards the vocabulary head: then every chunk's logits are kept
  std::int64_t chunk_logits = std::int64_t{1} << 24;  // M x V of one chunk at most
};

// Sum over tokens of -log softmax(logits)[label], float32 scalar. hidden (M, C), labels (M) int64 without ignored ones.
// With a frozen head each chunk's gradient towards its hidden states is computed at once and its logits are dropped.
at::Tensor token_loss(const CausalLm& model, const at::Tensor& hidden_MC, const at::Tensor& labels_M,
                      const TokenLossOptions& options);

}  // namespace c2c
