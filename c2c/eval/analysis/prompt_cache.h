// A prompt that is read once and answered many times, with its cache changed by hand in between.
// Legend: H kv heads, N tokens, D head size, V vocabulary.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "c2c/rosetta/rosetta.h"

namespace c2c {

class PromptCache {
 public:
  // Reads (and fuses) `plan`, and forgets what follows its first `kept` tokens. `rosetta` must outlive it. Throws
  // kUsage where the response is fused, or a token behind `kept` is.
  PromptCache(const Rosetta& rosetta, const SectionPlan& plan, std::int64_t kept);

  // Tokens from `kept` on, read behind the cache as it is now -> (N, V) float32 for each plan: what is predicted behind
  // each token. What all plans begin with is read once. Precondition: they begin with the tokens that are kept.
  std::vector<at::Tensor> answers(const std::vector<SectionPlan>& plans);
  at::Tensor answer(const SectionPlan& plan) { return answers({plan}).front(); }

  // Tokens [begin, end) of a layer as copies, and put back; end <= kept.
  KvPair copy(std::int64_t layer, std::int64_t begin, std::int64_t end) const;
  void replace(std::int64_t layer, std::int64_t begin, const KvPair& kv);
  std::int64_t kept() const { return kept_; }

 private:
  at::Tensor read(const SectionPlan& plan, std::int64_t end);

  const Rosetta& rosetta_;
  std::int64_t kept_;
  RosettaState state_;
};

// How many tokens all plans begin with, and no more than leave each of them one.
std::int64_t shared_begin(const std::vector<SectionPlan>& plans);
// Where the last fused section ends; 0: nothing is fused.
std::int64_t last_fused_end(const SectionPlan& plan);
// Column of the `count`-th real token; the end where there are not so many.
std::int64_t column_of_token(const SectionPlan& plan, std::int64_t count);

}  // namespace c2c
