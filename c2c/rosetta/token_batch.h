// One model's tokens of a batch in columns. Rows of unequal length are padded so that they end together, and where the
// caller names breaks, so that each row's k-th break lies in one column too.
// Legend: B batch, L columns.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "c2c/model/families/model_config.h"
#include "c2c/rosetta/rosetta.h"

namespace c2c {

// The first `count` tokens of one row, for one model.
struct RowTokens {
  std::int64_t row = 0, count = 0;
  const std::vector<std::int32_t>& ids;
  const std::vector<std::int64_t>& positions;
  const std::vector<bool>& padding;

  std::int64_t position(std::int64_t i) const { return positions.empty() ? i : positions[static_cast<std::size_t>(i)]; }
  bool is_real(std::int64_t i) const { return padding.empty() || !padding[static_cast<std::size_t>(i)]; }
  std::int64_t next_position() const {
    if (positions.empty()) return count;
    return 1 + *std::max_element(positions.begin(), positions.begin() + count);
  }
};

// What one model reads. Undefined tensors stand for the usual: positions 0, 1, 2, ..., every token real, next = L.
struct TokenBatch {
  at::Tensor ids_BL, positions_BL, mask_BL, next_position_B;
  at::Tensor decode_mask_BL;       // columns that tokens after the prompt attend to
  std::vector<std::int64_t> rows;  // rows of the whole batch that it reads, ascending
  std::int64_t prefix = 0;         // first tokens of every row, columns [0, prefix), whose K and V are there already
  std::int64_t columns = 0;

  // Tokens from `token` on stand in columns token + pads, up to the next run.
  struct Run {
    std::int64_t token = 0, pads = 0;
  };
  std::vector<std::vector<Run>> runs;  // per row of the whole batch

  std::int64_t column(std::int64_t row, std::int64_t token) const;
  std::int64_t token(std::int64_t row, std::int64_t column) const;  // of a column that is no pad
};

struct Placement {
  std::int64_t batch = 0;   // rows of the whole batch
  std::int64_t prefix = 0;  // pads go behind so many tokens
  // Empty, or per row: tokens, ascending, before which rows meet; a row's last break meets the others' last.
  std::vector<std::vector<std::int64_t>> breaks = {};
  bool attend_pads = false;  // tokens after the prompt attend to the plan's own pads, never to those put here
};

TokenBatch place_tokens(const std::vector<RowTokens>& rows, const Placement& placement, at::Device device);
// Columns that place_tokens() will need.
std::int64_t columns_needed(const std::vector<RowTokens>& rows, const Placement& placement);

// A sliding window counts columns, pads among them: it reaches over all of so many, or the model has none.
bool window_reaches(const ModelConfig& config, std::int64_t columns);

// How much of a prefix that was read before this batch can use: no more than the shortest row, and `limit`. A sliding
// window counts columns, so pads behind the prefix are right only where no token is out of its reach.
std::int64_t usable_prefix(const std::vector<RowTokens>& rows, const PrefixTokens& prefix, std::int64_t limit,
                           const ModelConfig& config);

}  // namespace c2c
