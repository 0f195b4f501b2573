// Keys and values of the same prompts in several caches, a point for each token: the receiver's own, what the fusers
// made of them, what they made of them from another prompt's sharer cache (the control), and the sharers'.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/eval/analysis/questions.h"
#include "c2c/infer/pipelines/session.h"

namespace c2c {

struct CloudToken {
  std::size_t question = 0;
  std::int64_t place = 0;  // among the receiver's tokens
  std::string text;
};

struct Cloud {
  std::string who;       // receiver, fused, control, sharer 1, ...
  at::Tensor points_ND;  // float32, heads side by side; row i belongs to token i
};

// One layer's keys or values; all clouds have the same tokens. A sharer's point is what that token was fused with.
struct LayerClouds {
  std::int64_t receiver_layer = 0;
  bool keys = true;
  std::vector<std::int64_t> sharer_layers;  // by sharer
  std::vector<CloudToken> tokens;
  std::vector<Cloud> clouds;  // receiver, fused, control (where asked for), then sharers
};

struct CloudOptions {
  std::vector<std::int64_t> layers;  // of the receiver; empty: the first, the middle and the last that fusing changes
  bool keys = true, values = false;
  bool control = true;  // sharers read the question before; needs two
  bool means = false;   // one point for each question: the mean over its fused tokens
};

// Fused tokens that every sharer of the layer wrote; pads are none. Throws kUsage for layers that nothing fuses.
std::vector<LayerClouds> token_clouds(Session& session, const std::vector<Question>& questions,
                                      const CloudOptions& options, const ProgressFn& progress = {});

}  // namespace c2c
