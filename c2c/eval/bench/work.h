// What a computation must at least do, by arithmetic: floating-point operations of a prompt, bytes of a decoded token.
// Legend: N tokens of a prompt, T tokens in the cache.
#pragma once
#include <cstdint>

#include "c2c/fuser/fuser.h"
#include "c2c/model/families/model_config.h"

namespace c2c::bench {

// Elements of all matrices of the layers [0, layers), the embedding and the head not counted; -1: all layers.
std::int64_t layer_parameters(const ModelConfig& config, std::int64_t layers = -1);
// Those of one layer's K and V.
std::int64_t kv_parameters(const ModelConfig& config);

// q . k and the weighted sum of v of every token with every token that it sees: itself and those before, in a local
// layer only the window.
double attention_flops(const ModelConfig& config, std::int64_t tokens, std::int64_t layers = -1);
// 2 x non-embedding parameters x tokens + causal attention.
double prefill_flops(const ModelConfig& config, std::int64_t tokens);
// A sharer of which `layers` layers are read: of the last one only K and V are computed.
double sharer_flops(const ModelConfig& config, std::int64_t tokens, std::int64_t layers);

// Elements of the matrices of a projector of this class and arguments, whatever holds its weights now.
std::int64_t projector_parameters(const Projector& projector);
// 2 x parameters of every linked projector with an open gate x tokens.
double fuser_flops(const Fuser& fuser, std::int64_t tokens);

// Bytes of the K and V of `tokens` tokens.
double cache_bytes(const KvGeometry& geometry, double tokens, double element_bytes);
// The embedding table is read only where the head is tied to it: else it is not part of what a token reads.
double weight_bytes_per_token(std::int64_t weight_bytes, std::int64_t embedding_bytes, bool is_tied);

}  // namespace c2c::bench
