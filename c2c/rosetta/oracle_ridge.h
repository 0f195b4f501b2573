// A fuser without training for a pair of models: RidgeProjectors fitted (ridge_fit.h) on what sharer and receiver make
// of the same prompts, each reading alone.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "c2c/fuser/ridge_fit.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {

class OracleRidge {
 public:
  // `sources`: receiver layer -> sharer layer.
  OracleRidge(std::shared_ptr<const CausalLm> receiver, std::shared_ptr<const CausalLm> sharer,
              const std::map<std::int64_t, std::int64_t>& sources);

  // Plans of one sharer: every token counts that would be fused, with the sharer token that it would be fused with;
  // pads on either side do not.
  void add(const std::vector<SectionPlan>& plans);
  const RidgeFitter& fitter() const { return fitter_; }
  // See RidgeFitter::solve.
  std::shared_ptr<Fuser> solve(double lambda, double alpha = 1.0, at::ScalarType dtype = at::kFloat) const {
    return fitter_.solve(lambda, alpha, dtype);
  }

 private:
  std::shared_ptr<const CausalLm> receiver_;
  std::vector<SharerEntry> sharers_;  // one, without a fuser
  std::map<std::int64_t, std::int64_t> sources_;
  RidgeFitter fitter_;
};

// The layers of a decoder in the form that RidgeFitter wants.
std::map<std::int64_t, RidgeLayer> ridge_layers(const ModelConfig& receiver, const ModelConfig& sharer,
                                                const std::map<std::int64_t, std::int64_t>& sources);

}  // namespace c2c
