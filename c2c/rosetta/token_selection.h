// Some tokens of some rows of a K or V tensor: read as a dense block, written back. Where rows have unequally many, the
// block is one row of all of them, in order.
// Legend: B batch, H heads, N tokens, D head size; G selected rows, M tokens selected in each (ragged: G = 1, M = all).
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace c2c {

class TokenSelection {
 public:
  TokenSelection() = default;
  // rows: ascending; columns[g]: tokens of row rows[g]. `batch`: B of the tensors it will be applied to.
  TokenSelection(std::vector<std::int64_t> rows, std::vector<std::vector<std::int64_t>> columns, std::int64_t batch,
                 at::Device device);

  // (B, H, N, D), whose token 0 is column `origin` -> (G, H, M, D). A view where the selection is a block.
  at::Tensor take(const at::Tensor& x_BHND, std::int64_t origin = 0) const;
  // A copy of x with the selected tokens overwritten; `tokens` itself where it covers all of x.
  at::Tensor put(const at::Tensor& x_BHND, const at::Tensor& tokens_GHMD, std::int64_t origin = 0) const;

  const std::vector<std::int64_t>& rows() const { return rows_; }
  const std::vector<std::vector<std::int64_t>>& columns() const { return columns_; }

 private:
  bool is_block() const { return !index_rows_.defined(); }
  at::Tensor columns_from(std::int64_t origin) const { return origin == 0 ? index_columns_ : index_columns_ - origin; }

  std::vector<std::int64_t> rows_;
  std::vector<std::vector<std::int64_t>> columns_;
  std::int64_t first_ = 0, count_ = 0;     // a block: all rows, columns [first, first + count)
  at::Tensor index_rows_, index_columns_;  // else (G, M) both
};

}  // namespace c2c
