// What an engine is asked, and what it answers. Ids only: text is the pipelines' affair.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/infer/generate/generate.h"
#include "c2c/infer/generate/growing_row.h"
#include "c2c/rosetta/prefill.h"
#include "c2c/rosetta/rosetta.h"
#include "c2c/text/align/section_plan.h"

namespace c2c {

struct EngineRequest {
  std::shared_ptr<const Rosetta> model;  // a receiver alone, or with sharers
  SectionPlan plan;
  // One row's: seeded with row_seeds[0] if there is one, else with sampling.seed. max_new_tokens 0 only reads the
  // prompt (and keeps it for others). The answer ends early where the receiver's context does.
  GenerateOptions options;
  // Called on the compute thread for every new token, so it must be quick: all other requests wait. It may submit and
  // cancel requests; it may not wait for one. Never called again once wait() has returned. What it throws fails this
  // request.
  OnRowToken on_token;
  bool reuse = true;  // takes over what earlier prompts left, and leaves its own
  // Whose prompt it is: what prompts leave is found by requests of the same tenant alone, so that nobody learns from
  // timings what another has asked.
  std::string tenant = {};
  // How likely the prompt's last so many tokens are (vLLM's prompt_logprobs): options of a choice, a reference answer.
  std::int64_t prompt_logprobs = 0;
  std::int64_t prompt_alternatives = 0;  // and so many likeliest tokens in their places (TokenScore::top)
  bool keep_logits = false;              // EngineResult::logits_V
};

struct EngineResult {
  GeneratedRow row;       // finish tells how it ended; kCancelled keeps the tokens so far
  PrefillTiming prefill;  // of this request's own pieces
  std::vector<TokenScore> prompt_scores;
  at::Tensor logits_V;             // keep_logits: float32, behind the prompt
  double queue_seconds = 0;        // from submit to its first piece
  double first_token_seconds = 0;  // from submit to the first token; 0: there was none
  double decode_seconds = 0;       // from the first token to the last, other requests' pieces in between included
  std::int64_t decode_steps = 0;   // steps after the first token
  std::int64_t prompt_tokens = 0;  // of the receiver
  std::int64_t reused_receiver_tokens = 0, reused_sharer_tokens = 0;  // of all sharers together
  std::int64_t cache_bytes = 0;                                       // at the end
};

// submit() on an engine whose line is full: try again later (HTTP 429).
class QueueFull : public Error {
 public:
  using Error::Error;
};

}  // namespace c2c
