// Gradient checkpointing of a whole model, as transformers' gradient_checkpointing_enable(): memory for time.
#pragma once
#include "c2c/model/families/causal_lm.h"

namespace c2c {

// From now on each decoder block keeps only its input, its K and its V where gradients are recorded, and computes the
// rest again in backward. Passes with a K/V override or an attention observer (a fused response) keep everything. To
// be called when it is settled which parameters are trained.
void enable_gradient_checkpointing(CausalLm& model);

}  // namespace c2c
