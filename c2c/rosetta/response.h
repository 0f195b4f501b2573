// include_response: the response's own K and V are fused in the very pass that reads them.
#pragma once
#include <vector>

#include "c2c/rosetta/fuse.h"
#include "c2c/rosetta/layout.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {

// From its first response column on, a batch keeps a second cache: that of a receiver that never heard the sharers in
// its last prompt section and since (reference: kv_cache_dict's clone, taken before the projection).
void start_shadow(const Layout& layout, std::int64_t column, RosettaState& state);
// The shadow follows what earlier sections of other rows still hear.
void fuse_shadow(const Segment& segment, std::int64_t layer, const KvPair& fused, RosettaState& state);

// K and V, (B, H, N, D) per receiver layer, of the new tokens: made behind the shadow cache, then fused. They replace
// what the real pass would have made, in the rows whose response is fused.
std::vector<KvPair> fuse_response(const Segment& segment, const CausalLm& receiver, ForwardInput input,
                                  const FuseTask& task, RosettaState& state);
KvOverride override_rows(const Segment& segment, const RosettaState& state, std::vector<KvPair> fused);

// One receiver pass over a segment's columns, or some of them where no row's response is fused in it.
at::Tensor read_segment(const Segment& segment, const CausalLm& receiver, ForwardInput input, const FuseTask& task,
                        RosettaState& state);

// What is fused when one more token of every row is read: the newest column of both caches.
Segment response_segment(const RosettaState& state);

}  // namespace c2c
