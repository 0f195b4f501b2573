// Does C2C say what the sharer would say? (reference: script/consistency) Greedy predictions of every token of given
// replies by C2C, the sharer and the receiver, each reading the same ids, counted against each other; and by the
// control, the same fuser reading another sample's sharer cache.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "c2c/base/log.h"
#include "c2c/eval/analysis/consistency_config.h"
#include "c2c/eval/analysis/table.h"

namespace c2c {

// Of one sample, or summed over all.
struct ConsistencyCounts {
  std::int64_t tokens = 0;
  std::int64_t c2c = 0, receiver = 0, control = 0;  // predictions that are the sharer's
  std::int64_t wins = 0, control_wins = 0;          // of those of C2C or the control, not the receiver's
};
// Predictions by place, all of the same length.
struct Predictions {
  std::vector<std::int64_t> sharer, receiver, c2c, control;
};
ConsistencyCounts count_consistency(const Predictions& predictions);

// checkpoint-<n> by n, then final, of those that a folder has. Throws kInput where it has none.
std::vector<std::filesystem::path> consistency_checkpoints(const std::filesystem::path& folder);

// A row for the configured fuser, or for each of `checkpoints`. Throws kUsage, naming both models, where they do not
// share a vocabulary: an id then stands for other texts, and equal texts need not be one token in both.
Analysis consistency_analysis(const ConsistencyConfig& config, const std::vector<std::filesystem::path>& checkpoints,
                              const ProgressFn& progress = {});

}  // namespace c2c
