// The meeting place: one receiver, its sharers and their fusers; the fused forward (reference:
// rosetta/model/wrapper.py). Legend: B batch, N tokens, T columns so far, C hidden size, V vocabulary.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "c2c/fuser/fuser.h"
#include "c2c/model/families/causal_lm.h"
#include "c2c/text/align/section_plan.h"

namespace c2c {

enum class FusionMode {
  kSequential,  // each sharer sees the cache the previous one wrote
  kParallel,    // all read the receiver's own cache; their changes are added
};

struct SharerEntry {
  std::shared_ptr<const CausalLm> model;
  std::shared_ptr<const Fuser> fuser;
  // include_response only: what the sharer reads for a token that the receiver generated; empty: the same id, which is
  // right for equal vocabularies only.
  std::function<std::int64_t(std::int64_t receiver_id)> response_id = {};
};

struct RosettaOptions {
  FusionMode fusion = FusionMode::kSequential;
  // The response's own K and V are fused too, in the pass that reads them and in every decode step: with the sharers
  // of the last section's mask, or, where that is 0, of the last fused section before it.
  bool include_response = false;
  // Generated tokens attend to the plan's own pads, which the prompt's tokens do not see: so does the reference (it
  // cuts the decode step's mask to its first column). False: they stay masked, as in training.
  bool decode_attends_pads = true;
};

// Where the time of a prefill went, seconds.
struct PrefillTiming {
  double sharer_prefill = 0, receiver_prefill = 0, fuse = 0;
};

// A sharer that still listens while the response is decoded.
struct SharerState {
  KvCache cache;
  std::vector<std::int64_t> rows;       // rows of the batch that it reads, ascending
  at::Tensor mask_BT, next_position_B;  // as in RosettaState, of its own rows and columns
};

// Everything a running generation owns. Movable, not copyable.
struct RosettaState {
  KvCache receiver;                   // columns of shorter prompts are padded on the left
  at::Tensor mask_BT;                 // bool, columns that the next token attends to; undefined: all
  at::Tensor next_position_B;         // int64, RoPE position of each row's next token; undefined: T in every row
  std::vector<std::int64_t> lengths;  // per row: columns of its own so far, the plan's pads included
  PrefillTiming timing;

  // While the response is fused, else empty. The shadow is the cache of a receiver that heard the sharers before its
  // last prompt section only: what the response's own K and V are computed from before they are fused.
  KvCache shadow;
  std::vector<SharerMask> response;  // per row: sharers that its response is fused with
  std::vector<SharerState> sharers;
};

// Sees tokens of one layer before and after one sharer's fuser wrote them (inspection, analyses). Element (g, h, n, d)
// is row rows[g] of the batch, column columns[g][n] of its cache; where rows have unequally many tokens, there is one
// g, and all tokens are in it, row after row. Only valid during the call.
struct FuseEvent {
  std::size_t sharer = 0;  // 0-based
  std::int64_t receiver_layer = 0, sharer_layer = 0;
  const std::vector<std::int64_t>& rows;
  const std::vector<std::vector<std::int64_t>>& columns;
  const KvPair &sharer_kv, &before, &after;
};
using FuseObserver = std::function<void(const FuseEvent&)>;

// The first tokens of prompts, read by one model before.
struct PrefixTokens {
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> positions;
  std::vector<bool> real;
  KvCache cache;  // of one row
};

// Tokens that many prompts begin with (a chat template's opening), so that models that do not change read them once.
// Every batch takes as much of it as its rows agree on and as lies before anything is fused.
struct PrefixCache {
  PrefixTokens receiver;
  std::vector<PrefixTokens> sharers;
};

struct ForwardOptions {
  std::int64_t reserve = 0;        // room for this many more tokens in the receiver's cache
  bool whole_last_section = true;  // else only the last token's hidden state is computed
  std::int64_t tail = 0;           // not whole_last_section, one row: and of so many tokens before it
  // Soft gates, dropout, gradients through the fused cache (the sharers never get any). Gates that evaluation would
  // find shut are open a little.
  bool training = false;
  const TrainingDraws* draws = nullptr;
  const PrefixCache* prefix = nullptr;           // of these models as they are; no gradients flow through it
  const FuseObserver* observer = nullptr;        // while it looks, pads stand on the left of prompts alone
  const AttentionObserver* attention = nullptr;  // of the receiver
};

// Rows are aligned on the right, as in the cache: column N - 1 is every row's last token.
struct ForwardOutput {
  at::Tensor hidden_BNC;  // after the final norm; N: the longest last section, or 1
  at::Tensor section_BN;  // bool, true: this column belongs to the row's last section
};

class Rosetta {
 public:
  // Throws where a fuser does not fit its pair. Without sharers this is the receiver alone.
  Rosetta(std::shared_ptr<const CausalLm> receiver, std::vector<SharerEntry> sharers, RosettaOptions options);

  // Fills a fused receiver cache for one batch of plans, each row as if it were alone, and returns the hidden states
  // that follow. Throws kUsage for an empty prompt, a mask naming a missing sharer, a prompt past a context length.
  ForwardOutput forward(const std::vector<SectionPlan>& plans, RosettaState& state,
                        const ForwardOptions& options = {}) const;
  // The same without gradients -> logits of each row's last token, (B, V) float32.
  at::Tensor prefill(const std::vector<SectionPlan>& plans, RosettaState& state, std::int64_t reserve = 0,
                     const FuseObserver* observer = nullptr) const;
  // The first `receiver_tokens` of a plan, and of its sharers' ids, for ForwardOptions::prefix. Without gradients; all
  // of it as the models read it alone.
  PrefixCache read_prefix(const SectionPlan& plan, std::int64_t receiver_tokens,
                          const std::vector<std::int64_t>& sharer_tokens) const;
  // One token per row, (B) int64 -> (B, V) float32.
  at::Tensor decode(const at::Tensor& ids_B, RosettaState& state) const;
  // One token for each of several independent states of one row, whatever their lengths, (B) int64 -> (B, V) float32: a
  // row's result does not depend on the others.
  at::Tensor decode(const at::Tensor& ids_B, std::span<RosettaState* const> states) const;
  // Names everything that shapes cached bytes: the models' and fusers' bytes as they are held, adapters, element types,
  // fusion. Equal texts, equal caches. Computed once.
  const std::string& fingerprint() const;

  const CausalLm& receiver() const { return *receiver_; }
  const std::vector<SharerEntry>& sharers() const { return sharers_; }
  const RosettaOptions& options() const { return options_; }
  const std::vector<at::ScalarType>& fuser_dtypes() const { return fuser_dtypes_; }

 private:
  at::Tensor decode_rows(const at::Tensor& ids_B, std::span<RosettaState* const> states) const;

  std::shared_ptr<const CausalLm> receiver_;
  std::vector<SharerEntry> sharers_;
  std::vector<at::ScalarType> fuser_dtypes_;  // what each sharer's projectors compute in
  RosettaOptions options_;
  struct Fingerprint {
    std::once_flag once;
    std::string text;
  };
  std::shared_ptr<Fingerprint> fingerprint_ = std::make_shared<Fingerprint>();
};

// The control: `mine` hearing what the sharers made of another sample's prompt. Sharer ids, positions and padding are
// `other`'s. Where both have as many sharer tokens, every receiver token reads the column it read before (the
// reference trainer's rolled batch); else the k-th fused token reads what the k-th of `other` reads, or its last: what
// both prompts begin with stays in its place, as it does in the rolled batch.
// Throws kUsage where `other` has no tokens for a sharer that `mine` hears.
SectionPlan with_foreign_sharer(const SectionPlan& mine, const SectionPlan& other);

}  // namespace c2c
