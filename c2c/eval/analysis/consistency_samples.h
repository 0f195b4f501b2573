// The models and replies that consistency is measured with.
#pragma once
#include <filesystem>
#include <memory>
#include <vector>

#include "c2c/eval/analysis/consistency_config.h"
#include "c2c/infer/pipelines/session.h"
#include "c2c/train/data/sample.h"

namespace c2c {

class ConsistencyModels {
 public:
  explicit ConsistencyModels(const ConsistencyConfig& config);

  // Throws kUsage naming both, before any weight is loaded.
  void require_shared_vocabulary();
  // Replies of the dataset, labelled as in training: everything before but its last token is fused. Throws kInput where
  // none is left.
  std::vector<Sample> samples(const ConsistencyConfig& config);
  std::int64_t skipped() const { return skipped_; }

  Rosetta alone(bool sharer);
  Rosetta pair(const std::shared_ptr<const Fuser>& fuser);
  std::shared_ptr<const Fuser> fuser() { return session_.fuser(0); }  // the configured one
  std::shared_ptr<const Fuser> load(const std::filesystem::path& checkpoint);
  const TextSide& receiver_text() { return session_.receiver_text(); }

 private:
  Session session_;
  std::int64_t skipped_ = 0;
};

}  // namespace c2c
