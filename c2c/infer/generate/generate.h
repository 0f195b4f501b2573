// The decode loop over a Step that a model or Rosetta supplies: ids in, logits out. No strings here.
// Legend: B batch, V vocabulary.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "c2c/infer/generate/sampler.h"

namespace c2c {

struct GenerateOptions {
  SamplingOptions sampling;
  std::int64_t max_new_tokens = 256;
  std::vector<std::int64_t> stop_ids;  // EOS; the stop token is part of the result
  std::int64_t logprobs = -1;          // >= 0: log-probability of each token and of this many best ones
  // Row r draws from its own stream, seeded with row_seeds[r], else with sampling.seed + r.
  std::vector<std::uint64_t> row_seeds;
  std::int64_t pad_id = 0;  // what a finished row is fed while others go on; never part of a result
};

enum class FinishReason { kStop, kLength, kCancelled };

struct GeneratedRow {
  std::vector<std::int64_t> ids;  // new tokens only
  std::vector<TokenLogprob> logprobs;
  FinishReason finish = FinishReason::kLength;
};

struct GenerateTiming {
  double decode_seconds = 0;  // after the first token
  std::int64_t steps = 0;     // decode steps after the first token
};

// Feeds one token per row and returns the next logits (B, V).
using Step = std::function<at::Tensor(const at::Tensor& ids_B)>;
// Called for every new token, stop tokens too; returning false ends that row (stop strings, cancelled clients).
using OnToken = std::function<bool(std::size_t row, std::int64_t id)>;

// `first_logits` (B, V) come from prefill; `prompts`, one per row or none, are only for penalties.
std::vector<GeneratedRow> generate(const at::Tensor& first_logits,
                                   const std::vector<std::vector<std::int64_t>>& prompts, const Step& step,
                                   const GenerateOptions& options, const OnToken& on_token = {},
                                   GenerateTiming* timing = nullptr);

}  // namespace c2c
