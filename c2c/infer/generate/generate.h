// The decode loop over a Step that a model or Rosetta supplies: ids in, logits out. No strings here.
// Legend: B batch, V vocabulary.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace c2c {

struct SamplingOptions {
  double temperature = 0.0;         // 0: greedy
  std::int64_t top_k = 0;           // <= 0: off
  double top_p = 1.0;               // keeps tokens whose cumulative probability is <= top_p, always the most likely one
  double min_p = 0.0;               // keeps tokens with at least min_p times the highest probability
  double repetition_penalty = 1.0;  // divides positive, multiplies negative logits of seen tokens (prompt included)
  double presence_penalty = 0.0, frequency_penalty = 0.0;
  std::optional<std::uint64_t> seed;  // unset: nondeterministic
};

// Logits (V) float32 after penalties (presence, frequency, then repetition: the reference's order) for a row whose
// tokens so far, prompt included, are `seen`.
at::Tensor apply_penalties(const at::Tensor& logits_V, const std::vector<std::int64_t>& seen,
                           const SamplingOptions& options);
// The distribution that sampling draws from, (V) float32, sums to 1: temperature, then top-k, top-p, min-p.
at::Tensor sampling_distribution(const at::Tensor& logits_V, const SamplingOptions& options);

struct GenerateOptions {
  SamplingOptions sampling;
  std::int64_t max_new_tokens = 256;
  std::vector<std::int64_t> stop_ids;  // EOS; the stop token is part of the result
  std::int64_t logprobs = -1;          // >= 0: log-probability of each token and of this many best ones
};

struct TokenLogprob {
  double chosen = 0;
  std::vector<std::pair<std::int64_t, double>> top;
};

enum class FinishReason { kStop, kLength, kCancelled };

struct GeneratedRow {
  std::vector<std::int64_t> ids;  // new tokens only
  std::vector<TokenLogprob> logprobs;
  FinishReason finish = FinishReason::kLength;
};

struct GenerateTiming {
  double decode_seconds = 0;
  std::int64_t steps = 0;  // decode steps after the first token
};

// Feeds one token per row and returns the next logits (B, V).
using Step = std::function<at::Tensor(const at::Tensor& ids_B)>;
// Called for every new token; returning false ends that row (stop strings, cancelled clients).
using OnToken = std::function<bool(std::size_t row, std::int64_t id)>;

// `first_logits` (B, V) come from prefill; `prompts` are only for penalties.
std::vector<GeneratedRow> generate(const at::Tensor& first_logits,
                                   const std::vector<std::vector<std::int64_t>>& prompts, const Step& step,
                                   const GenerateOptions& options, const OnToken& on_token = {},
                                   GenerateTiming* timing = nullptr);

}  // namespace c2c
