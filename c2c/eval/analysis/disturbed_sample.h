// One sample of a task whose prompt's cache is disturbed, and what it then answers.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "c2c/eval/analysis/prompt_cache.h"
#include "c2c/eval/runs/inquiry.h"

namespace c2c {

class DisturbedSample {
 public:
  // Reads the prompt. `other`: what the sharers read, for the control.
  DisturbedSample(const Assignment& assignment, const EvalSample& sample, const EvalSample& other, bool whole_prompt);

  // The columns that are disturbed: where the question's text stands, or, if it is not there as it is, all that is
  // kept.
  std::int64_t begin() const { return begin_; }
  std::int64_t end() const { return end_; }
  bool is_whole() const { return is_whole_; }

  KvPair copy(std::int64_t layer) const { return cache_->copy(layer, begin_, end_); }
  void replace(std::int64_t layer, const KvPair& kv) { cache_->replace(layer, begin_, kv); }
  // The same tokens as another model alone reads them.
  RosettaState read_by(const Rosetta& source) const;
  // By the assignment's method, logits or loglikelihood, with the cache as it is now.
  double score();

 private:
  const Assignment& assignment_;
  const EvalSample& sample_;
  std::vector<SectionPlan> plans_;    // the prompt, or, loglikelihood, a reply behind it each
  std::vector<std::int64_t> scored_;  // last tokens: those of the reply
  std::unique_ptr<PromptCache> cache_;
  std::int64_t begin_ = 0, end_ = 0;
  bool is_whole_ = false;
};

// Throws kUsage where the source's geometry or vocabulary is another.
void require_same_cache(const Voice& voice, Session& source);

}  // namespace c2c
