// Where one prompt was fused, and how much the fusers changed: for people who look at it.
#pragma once
#include <memory>

#include <nlohmann/json.hpp>

#include "c2c/infer/pipelines/session.h"

namespace c2c {

// A prompt that is planned but not read yet: planning is the caller's, reading belongs to the thread that computes.
class FusionInquiry {
 public:
  // Modes c2c and control. Throws as Session::plan does, and kUsage for more than `max_tokens` tokens.
  FusionInquiry(Session& session, const Request& request, std::int64_t max_tokens = 4096);

  // Reads the prompt once. What comes out, with layers and tokens from 0 and sharers from 1:
  //   sections  [{length, sharers}]
  //   tokens    [{id, text, section, sharers, key_change, value_change, key_change_per_layer, value_change_per_layer}]
  //   layers    [{layer, sharer, sharer_layer, key_gate_logit, value_gate_logit, key_open, value_open, key_change,
  //              value_change, key_scalar_per_head, value_scalar_per_head}]
  // A change is |after - before| / |before| (L2) of one token's K or V in one layer, over all heads; where a token
  // hears several sharers, the sum of what each of them changed. A token's key_change is the mean over all layers of
  // the receiver. Logits and scalars are null for projectors that have none.
  nlohmann::ordered_json run() const;

 private:
  std::shared_ptr<const Rosetta> rosetta_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  SectionPlan plan_;
};

}  // namespace c2c
