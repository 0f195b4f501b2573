// One answer while it grows, whatever batch its decode steps share: sampler, log-probabilities, when it ends.
// Legend: V vocabulary.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "c2c/infer/generate/generate.h"

namespace c2c {

// Called for every new token, stop tokens too; `logprob` is null unless GenerateOptions::logprobs asks for it. False
// ends the row.
using OnRowToken = std::function<bool(std::int64_t id, const TokenLogprob* logprob)>;

class GrowingRow {
 public:
  // `seed` overrides options.sampling.seed; `prompt` is for penalties. Without tokens to make it does not run at all.
  // `options` must outlive it. Throws kUsage for sampling options out of range.
  GrowingRow(const GenerateOptions& options, const std::vector<std::int64_t>& prompt,
             std::optional<std::uint64_t> seed = {});
  // The next token, from the logits (V) that follow the last one. The row ends at a stop token, at max_new_tokens, or
  // when the caller says so.
  void take(const at::Tensor& logits_V, const OnRowToken& on_token);
  // Ends as cancelled, with what it has.
  void cancel();

  bool is_running() const { return running_; }
  std::int64_t last_id() const { return result_.ids.back(); }
  // To be moved from when it no longer runs.
  GeneratedRow& result() { return result_; }
  const GeneratedRow& result() const { return result_; }

 private:
  const GenerateOptions* options_;
  Sampler sampler_;
  GeneratedRow result_;
  bool running_;
};

}  // namespace c2c
