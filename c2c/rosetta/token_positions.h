// RoPE positions of cached tokens, for projectors that turn keys. Legend: B batch, N columns; G, M as in
// token_selection.h.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "c2c/rosetta/token_selection.h"

namespace c2c {

// Of columns origin, origin + 1, ... of one cache; undefined: a column's number is its position.
struct TokenPositions {
  at::Tensor positions_BN;
  std::int64_t origin = 0;

  at::Tensor of(const TokenSelection& tokens, at::Device device) const;  // (G, M) int64
};

struct FusePositions {
  TokenPositions receiver;
  std::vector<TokenPositions> sharers;
};

}  // namespace c2c
