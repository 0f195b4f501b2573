// A recipe's samples: prepared once, then split into what is trained on and what is held out.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "c2c/tensor/dist/process_group.h"
#include "c2c/train/data/prepared.h"
#include "c2c/train/trainer/evaluate.h"
#include "c2c/train/trainer/trainee.h"

namespace c2c {

class TrainData {
 public:
  // Rank 0 prepares, the others wait and map the same file. The split is torch's random_split: a permutation from at's
  // default generator, the first trunc(train_ratio n) of it trained on. Throws kInput where nothing can be trained on.
  TrainData(const TrainRecipe& recipe, const Trainee& trainee, ProcessGroup& group, const ProgressFn& progress = {});

  std::int64_t size() const { return static_cast<std::int64_t>(train_.size()); }
  Sample sample(std::int64_t i) const { return samples_->sample(train_[static_cast<std::size_t>(i)]); }
  const EvaluationSet& held_out() const { return held_out_; }
  const PreparedCounts& counts() const { return samples_->counts(); }
  const std::vector<std::int64_t>& shared_prefix() const { return shared_prefix_; }

 private:
  std::shared_ptr<const PreparedSamples> samples_, held_out_samples_;
  std::vector<std::int64_t> train_, held_out_index_;
  std::vector<std::int64_t> shared_prefix_;  // of both sets
  EvaluationSet held_out_;
};

}  // namespace c2c
