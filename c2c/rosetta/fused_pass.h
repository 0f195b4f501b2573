// The fused forward, piece by piece (Rosetta::forward runs all of them, Prefill one at a time): every sharer reads its
// prompt; the receiver reads up to where a fused section ends; the fusers overwrite that section; it reads on.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "c2c/rosetta/fuse.h"
#include "c2c/rosetta/layout.h"
#include "c2c/rosetta/prefill.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {

struct PassOptions {
  ForwardOptions forward;
  std::int64_t chunk = 0;  // tokens of one model that are read in one piece; 0: no limit
  // Of one plan: the first tokens are taken from `reuse`, as many as `match` says.
  const ReusedPrompt* reuse = nullptr;
  PrefixMatch match = {};
  bool keep = false;  // make kept()
};

class FusedPass {
 public:
  // `rosetta`, `state` and what the options point to must outlive it.
  FusedPass(const Rosetta& rosetta, const std::vector<SectionPlan>& plans, RosettaState& state, PassOptions options);

  // One piece; true: done.
  bool advance();
  ForwardOutput output() const;
  // Without the plan, which is the caller's.
  std::shared_ptr<ReusedPrompt> kept() const { return kept_; }

 private:
  // K and V of columns [begin, ...) of every receiver layer.
  struct Overwritten {
    std::int64_t begin = 0;
    std::vector<KvPair> layers;
  };
  void seed_receiver();
  void seed_sharers();
  bool hear();  // false: everything is heard
  void read(const Segment& segment);
  void fuse(const Segment& segment);
  void restore(const Segment& segment);
  void remember(const Segment& segment);
  void finish();
  std::int64_t piece_end(std::int64_t begin, std::int64_t end) const {
    return options_.chunk > 0 ? std::min(end, begin + options_.chunk) : end;
  }

  const Rosetta& rosetta_;
  const CausalLm& receiver_;
  RosettaState& state_;
  PassOptions options_;
  Layout layout_;
  std::optional<FuseTask> task_;
  std::size_t sharer_ = 0, segment_ = 0;  // what is next
  std::int64_t column_ = 0;               // of that sharer's tokens, then of the receiver's
  std::int64_t wanted_ = 0;               // hidden states are wanted from this column on
  bool done_ = false;
  std::vector<at::Tensor> hidden_;
  std::vector<Overwritten> overwritten_;
  std::shared_ptr<ReusedPrompt> kept_;
};

}  // namespace c2c
