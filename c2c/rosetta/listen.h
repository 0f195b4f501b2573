// The sharers' side: each reads its own prompt once; while the response is fused, its tokens too.
#pragma once
#include <vector>

#include "c2c/rosetta/layout.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {

// Sharers whose fuser would change anything.
SharerMask heard_sharers(const std::vector<SharerEntry>& sharers, bool training);
// An empty cache for every sharer that somebody hears. Nothing but what it reads itself ever changes it.
void start_listening(const Layout& layout, const std::vector<SharerEntry>& sharers, RosettaState& state);
// A sharer reads columns [begin, end) of its own prompt, behind the `begin` that are in its cache.
void hear_columns(const TokenBatch& tokens, const SharerEntry& sharer, std::int64_t begin, std::int64_t end,
                  KvCache& cache, bool training);
// The sharers that listen to the response read the token that the receiver is about to read, (B) receiver ids.
// Throws kUsage where it has no id in a sharer's vocabulary.
void hear_response(const at::Tensor& ids_B, const std::vector<SharerEntry>& sharers, RosettaState& state);
// Lets go of the caches of sharers that will not hear the response.
void dismiss_sharers(RosettaState& state);

}  // namespace c2c
