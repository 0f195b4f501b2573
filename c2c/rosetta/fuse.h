// Fusing: the receiver's K and V of some tokens, and the sharers', become the K and V that the receiver goes on with.
// Legend: B batch, H kv heads, N tokens, D head size.
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "c2c/rosetta/layout.h"
#include "c2c/rosetta/rosetta.h"
#include "c2c/rosetta/token_positions.h"

namespace c2c {

// What stays the same over all fusing of a forward.
struct FuseTask {
  const std::vector<SharerEntry>& sharers;
  const std::vector<at::ScalarType>& dtypes;  // of the sharers' projectors
  const std::vector<SharerState>& heard;      // the sharers' caches
  FusionMode mode = FusionMode::kSequential;
  ProjectContext project = {};
  const FuseObserver* observer = nullptr;
  const TokenBatch* placed = nullptr;  // where the prompt's tokens are; none while decoding
  FusePositions positions = {};
};

// Columns [begin, end) of `cache`, receiver layer -> fused K and V (B, H, N, D) in the cache's dtype. Tokens that no
// group names are unchanged; layers that nothing changes are missing. The cache itself is not written.
using FusedLayers = std::map<std::int64_t, KvPair>;
FusedLayers fuse_columns(const FuseTask& task, const std::vector<FuseGroup>& groups, const KvCache& cache,
                         std::int64_t begin, std::int64_t end);

// Gates that are shut for good in evaluation: nothing to compute, nothing to listen for.
bool changes_anything(const Fuser& fuser, bool training);
// Number of sharer layers whose K and V are needed.
std::int64_t sharer_layers_needed(const Fuser& fuser, bool training);

}  // namespace c2c
