// Prompt openings that models have read before.
#pragma once
#include <cstdint>

#include "c2c/model/cache/kv_cache.h"

namespace c2c {

// Tokens [begin, end) of a one-row cache come behind the `begin` of every row, in the layers it has.
void seed(KvCache& cache, const KvCache& read, std::int64_t begin, std::int64_t end);

}  // namespace c2c
