// Oracles: what the receiver does with prompts that it reads alone, beside what it does with the fused cache.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "c2c/rosetta/rosetta.h"

namespace c2c {

// The plan of a receiver that nobody talks to: same tokens, positions and pads, same last section.
SectionPlan without_sharers(SectionPlan plan);
// Rosetta::forward of such plans, without gradients: the receiver's own K and V lie in `state`, in the very columns
// that they have in a fused forward of the same batch.
ForwardOutput read_alone(const Rosetta& rosetta, const std::vector<SectionPlan>& plans, RosettaState& state,
                         const AttentionObserver* attention = nullptr);

// How like attention's outputs are with the fused cache and with the receiver's own: per receiver layer the mean cosine
// over heads and tokens of the prompts' last sections, which read what was fused and are not fused themselves. 1 where
// nothing is fused.
class AttentionReport {
 public:
  explicit AttentionReport(const Rosetta& rosetta) : rosetta_(rosetta) {}

  void add(const std::vector<SectionPlan>& plans);  // two forwards in evaluation
  std::vector<double> cosines() const;              // by receiver layer
  std::int64_t tokens() const { return tokens_; }   // compared so far

 private:
  const Rosetta& rosetta_;
  std::vector<double> sums_;
  std::int64_t tokens_ = 0;
};

}  // namespace c2c
