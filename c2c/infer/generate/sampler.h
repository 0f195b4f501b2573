// From logits to a token: penalties, filters, the draw. Legend: V vocabulary, K candidates.
#pragma once
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace c2c {

struct SamplingOptions {
  double temperature = 0.0;         // <= 1e-5: greedy
  std::int64_t top_k = 0;           // <= 0: off
  double top_p = 1.0;               // keeps tokens whose cumulative probability is <= top_p, always the most likely one
  double min_p = 0.0;               // keeps tokens with at least min_p times the highest probability
  double repetition_penalty = 1.0;  // divides positive, multiplies negative logits of seen tokens (prompt included)
  double presence_penalty = 0.0, frequency_penalty = 0.0;
  std::vector<std::pair<std::int64_t, double>> logit_bias;  // added to these ids' logits, after the penalties
  std::optional<std::uint64_t> seed;                        // unset: nondeterministic

  bool is_greedy() const { return temperature <= 1e-5; }
  bool has_penalties() const {
    return repetition_penalty != 1.0 || presence_penalty != 0.0 || frequency_penalty != 0.0;
  }
};

// Throws kUsage naming the option and its range.
void validate(const SamplingOptions& options);

// Logits (V) float32 after penalties (presence, frequency, then repetition: the reference's order) for a row whose
// tokens so far, prompt included, are `seen`.
at::Tensor apply_penalties(const at::Tensor& logits_V, const std::vector<std::int64_t>& seen,
                           const SamplingOptions& options);
// The distribution that sampling draws from, (V) float32, sums to 1: temperature, then top-k, top-p, min-p. Greedy: 1
// at the most likely token.
at::Tensor sampling_distribution(const at::Tensor& logits_V, const SamplingOptions& options);

struct TokenLogprob {
  double chosen = 0;
  std::vector<std::pair<std::int64_t, double>> top;  // most likely first
};
// log softmax of the model's own logits: before penalties, temperature and filters.
TokenLogprob log_probability(const at::Tensor& logits_V, std::int64_t id, std::int64_t top);

// One row's sampler: it knows what the row has seen and owns its random stream, so that no draw depends on the other
// rows of a batch.
class Sampler {
 public:
  // `seed` overrides options.seed. `prompt` counts as seen.
  Sampler(const SamplingOptions& options, const std::vector<std::int64_t>& prompt,
          std::optional<std::uint64_t> seed = {});
  // Draws the next token from logits (V) and counts it as seen.
  std::int64_t next(const at::Tensor& logits_V);

 private:
  SamplingOptions options_;
  std::map<std::int64_t, std::int64_t> seen_;  // id -> times
  at::Generator generator_;
};

}  // namespace c2c
