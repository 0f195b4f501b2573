// The meeting place: one receiver, its sharers and their fusers; the fused forward (reference:
// rosetta/model/wrapper.py). Legend: B batch, N tokens, V vocabulary.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
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
};

struct RosettaOptions {
  FusionMode fusion = FusionMode::kSequential;
  bool include_response = false;
};

// Where the time of a prefill went, seconds.
struct PrefillTiming {
  double sharer_prefill = 0, receiver_prefill = 0, fuse = 0;
};

// Everything a running generation owns. Movable, not copyable.
struct RosettaState {
  KvCache receiver;
  std::vector<KvCache> sharers;  // kept only when the response is fused or caching wants them
  KvCache shadow;      // include_response: the receiver's unfused K/V of the last fused section and the response
  at::Tensor mask_BT;  // real tokens of the receiver so far
  at::Tensor next_position_B;  // RoPE position of the next token of each row
  PrefillTiming timing;
};

// Sees a section's K/V before and after fusing (inspection, analyses): layer, columns [begin, end), views.
using FuseObserver =
    std::function<void(std::int64_t layer, std::int64_t begin, const KvPair& before, const KvPair& after)>;

class Rosetta {
 public:
  // Throws where a fuser does not fit its pair.
  Rosetta(std::shared_ptr<const CausalLm> receiver, std::vector<SharerEntry> sharers, RosettaOptions options);

  // Fills a fused receiver cache for one batch of plans (unequal lengths are left-padded) and returns the logits of
  // each row's last token, (B, V) float32. `reserve` more tokens of room are made.
  at::Tensor prefill(const std::vector<SectionPlan>& plans, RosettaState& state, std::int64_t reserve = 0,
                     const FuseObserver* observer = nullptr) const;
  // One token per row, (B) int64 -> (B, V) float32.
  at::Tensor decode(const at::Tensor& ids_B, RosettaState& state) const;

  const CausalLm& receiver() const { return *receiver_; }
  const std::vector<SharerEntry>& sharers() const { return sharers_; }
  const RosettaOptions& options() const { return options_; }

 private:
  std::shared_ptr<const CausalLm> receiver_;
  std::vector<SharerEntry> sharers_;
  RosettaOptions options_;
};

}  // namespace c2c
