#include "c2c/rosetta/token_positions.h"

#include <ATen/ATen.h>

namespace c2c {

at::Tensor TokenPositions::of(const TokenSelection& tokens, at::Device device) const {
  if (positions_BN.defined())
    return tokens.take(positions_BN.unsqueeze(1).unsqueeze(-1), origin).squeeze(-1).squeeze(1).to(device);
  std::vector<std::int64_t> flat;
  bool ragged = false;
  for (const auto& row : tokens.columns()) {
    flat.insert(flat.end(), row.begin(), row.end());
    ragged = ragged || row.size() != tokens.columns().front().size();
  }
  const std::int64_t blocks = ragged ? 1 : static_cast<std::int64_t>(tokens.rows().size());
  return at::tensor(flat, at::kLong).view({blocks, -1}).to(device);
}

}  // namespace c2c
