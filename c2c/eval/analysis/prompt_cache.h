// A prompt that is read once and answered many times, with its cache changed by hand in between.
// Legend: H kv heads, N tokens, D head size, V vocabulary.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "c2c/rosetta/rosetta.h"

namespace c2c {

class PromptCache {
 public:
  // Reads (and fuses) `plan`, and forgets what follows its first `kept` tokens. `rosetta` must outlive it. Throws
  // kUsage where the response is fused, or a token behind `kept` is.
  PromptCache(const Rosetta& rosetta, const SectionPlan& plan, std::int64_t kept);

  // Tokens from `kept` on, read behind the cache as it is now -> (N, V) float32: what is predicted behind each.
  // Precondition: the plan begins with the tokens that are kept.
  at::Tensor answer(const SectionPlan& plan);

  // Tokens [begin, end) of a layer as copies, and put back; end <= kept.
  KvPair copy(std::int64_t layer, std::int64_t begin, std::int64_t end) const;
  void replace(std::int64_t layer, std::int64_t begin, const KvPair& kv);
  std::int64_t kept() const { return kept_; }

 private:
  const Rosetta& rosetta_;
  std::int64_t kept_;
  RosettaState state_;
};

// First tokens that nothing behind which is fused.
std::int64_t last_fused_end(const SectionPlan& plan);
// Column of the `count`-th real token; the end where there are not so many.
std::int64_t column_of_token(const SectionPlan& plan, std::int64_t count);

}  // namespace c2c
