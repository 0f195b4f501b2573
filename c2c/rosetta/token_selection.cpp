#include "c2c/rosetta/token_selection.h"

#include <ATen/ATen.h>

#include "c2c/base/error.h"

namespace c2c {
namespace {

bool is_range(const std::vector<std::int64_t>& values, std::int64_t first) {
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != first + static_cast<std::int64_t>(i)) return false;
  return true;
}

}  // namespace

TokenSelection::TokenSelection(std::vector<std::int64_t> rows, std::vector<std::vector<std::int64_t>> columns,
                               std::int64_t batch, at::Device device)
    : rows_(std::move(rows)), columns_(std::move(columns)) {
  C2C_CHECK(!rows_.empty() && rows_.size() == columns_.size() && !columns_[0].empty(), "TokenSelection: empty");
  first_ = columns_[0][0];
  count_ = static_cast<std::int64_t>(columns_[0].size());
  bool block = static_cast<std::int64_t>(rows_.size()) == batch && is_range(rows_, 0), ragged = false;
  std::vector<std::int64_t> flat, row_of;
  for (std::size_t g = 0; g < columns_.size(); ++g) {
    const std::vector<std::int64_t>& row = columns_[g];
    ragged = ragged || static_cast<std::int64_t>(row.size()) != count_;
    block = block && !ragged && is_range(row, first_);
    flat.insert(flat.end(), row.begin(), row.end());
    row_of.insert(row_of.end(), row.size(), rows_[g]);
  }
  if (block) return;
  const std::int64_t blocks = ragged ? 1 : static_cast<std::int64_t>(rows_.size());
  index_rows_ = at::tensor(row_of, at::kLong).view({blocks, -1}).to(device);
  index_columns_ = at::tensor(flat, at::kLong).view({blocks, -1}).to(device);
}

at::Tensor TokenSelection::take(const at::Tensor& x, std::int64_t origin) const {
  if (is_block()) return x.narrow(2, first_ - origin, count_);
  return x.transpose(1, 2).index({index_rows_, columns_from(origin)}).transpose(1, 2);
}

at::Tensor TokenSelection::put(const at::Tensor& x, const at::Tensor& tokens, std::int64_t origin) const {
  if (is_block()) {
    const std::int64_t begin = first_ - origin;
    if (count_ == x.size(2)) return tokens;
    return at::slice_scatter(x, tokens, 2, begin, begin + count_);
  }
  return x.transpose(1, 2).index_put({index_rows_, columns_from(origin)}, tokens.transpose(1, 2)).transpose(1, 2);
}

}  // namespace c2c
