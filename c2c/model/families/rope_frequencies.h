// RoPE frequencies of a model, in the float32 arithmetic of transformers (modeling_rope_utils.py).
#pragma once
#include <ATen/core/Tensor.h>

#include "c2c/model/families/model_config.h"

namespace c2c {

// (head_dim / 2) float32 on the CPU: theta^(-2i / head_dim), scaled. `local`: those of Gemma 3's sliding-window layers,
// which have a base of their own and no scaling.
at::Tensor rope_frequencies(const ModelConfig& config, bool local);

}  // namespace c2c
