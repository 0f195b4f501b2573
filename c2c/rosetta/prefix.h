// Prompt openings that models have read before.
#pragma once
#include <cstdint>

#include "c2c/model/cache/kv_cache.h"

namespace c2c {

// The first `tokens` of a one-row cache become the first of every row of an empty one, in the layers it has.
void seed(KvCache& cache, const KvCache& prefix, std::int64_t tokens);

}  // namespace c2c
