// A prefill in pieces, for one prompt: whoever runs many requests on one thread reads a piece, lets the others decode,
// reads the next. And what one prompt leaves for another that begins alike.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "c2c/rosetta/rosetta.h"

namespace c2c {

// What a prompt's prefill computed. It is right for another prompt as far as match_prefix() says, with the same Rosetta
// or one of the same fingerprint().
struct ReusedPrompt {
  SectionPlan plan;
  // The receiver's K and V as it computed them, before any fuser overwrote them: what later tokens of the same section
  // attend to. Empty where nothing was fused.
  KvCache clean;
  KvCache fused;  // what the tokens after the section attend to
  std::vector<KvCache> sharers;

  std::int64_t bytes() const;
};

// First tokens that a prompt may take over from another.
struct PrefixMatch {
  std::int64_t receiver = 0;
  std::vector<std::int64_t> sharers;
};
// Tokens count as equal when id, position and padding are, when they lie in sections of the same begin and mask, and
// when what they are fused with is the same sharer token behind the same sharer tokens.
PrefixMatch match_prefix(const SectionPlan& wanted, const SectionPlan& held);

// How likely a token of the prompt was behind those before it.
struct TokenScore {
  double logprob = 0;           // log softmax of the model's own logits, nats
  bool is_most_likely = false;  // what greedy decoding would have written
  // PrefillOptions::scored_top: the likeliest tokens in its place and their log-probabilities, most likely first.
  std::vector<std::pair<std::int64_t, double>> top = {};
};

struct PrefillOptions {
  std::int64_t reserve = 0;  // tokens that will be decoded
  std::int64_t chunk = 256;  // at most so many tokens of one model in a piece; <= 0: no limit
  // Not used where the response is fused: its shadow cache hears other sections.
  std::shared_ptr<const ReusedPrompt> reuse = nullptr;
  bool keep = false;  // make kept()
  // So many last tokens of the prompt are scored; what was not read in this prefill cannot be, so less may be reused.
  std::int64_t scored = 0;
  std::int64_t scored_top = 0;  // and so many likeliest tokens in each place
};

class Prefill {
 public:
  // `rosetta` must outlive it. Throws as Rosetta::forward does.
  Prefill(const Rosetta& rosetta, SectionPlan plan, PrefillOptions options);
  ~Prefill();
  Prefill(Prefill&&) noexcept;
  Prefill& operator=(Prefill&&) noexcept;

  // Reads one piece, or fuses one section; true: done (and further calls do nothing).
  bool advance();
  // The rest is there when done.
  const at::Tensor& logits() const;  // (1, V) float32, of the last token
  // Of the last options.scored tokens, in their order.
  const std::vector<TokenScore>& scores() const;
  RosettaState& state();  // to be moved from
  // options.keep: what a later prompt may reuse, a copy of its own; null where the response is fused.
  std::shared_ptr<ReusedPrompt> kept() const;
  const PrefixMatch& reused() const;  // tokens that were taken over; known from the start

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace c2c
