#include "c2c/rosetta/token_batch.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace c2c {
namespace {

using Runs = std::vector<TokenBatch::Run>;

// Where each row's pieces end, the last piece at the row's end; rows with fewer pieces have empty ones first.
std::vector<std::vector<std::int64_t>> piece_ends(const std::vector<RowTokens>& rows, const Placement& placement) {
  std::size_t most = 0;
  for (const auto& breaks : placement.breaks) most = std::max(most, breaks.size());
  std::vector<std::vector<std::int64_t>> ends;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::vector<std::int64_t>& own = ends.emplace_back();
    if (!placement.breaks.empty()) own = placement.breaks[r];
    own.insert(own.begin(), most - own.size(), placement.prefix);
    own.push_back(rows[r].count);
  }
  return ends;
}

// Columns at which the pieces end: each as wide as its longest.
std::vector<std::int64_t> column_ends(const std::vector<std::vector<std::int64_t>>& ends, std::int64_t prefix) {
  std::vector<std::int64_t> columns;
  for (std::size_t k = 0; !ends.empty() && k < ends.front().size(); ++k) {
    std::int64_t width = 0;
    for (const auto& row : ends) width = std::max(width, row[k] - (k == 0 ? prefix : row[k - 1]));
    columns.push_back((k == 0 ? prefix : columns.back()) + width);
  }
  return columns;
}

Runs runs_of(const std::vector<std::int64_t>& ends, const std::vector<std::int64_t>& columns, std::int64_t prefix) {
  Runs runs{{0, 0}};
  std::int64_t begin = prefix;
  for (std::size_t k = 0; k < ends.size(); ++k) {
    if (const std::int64_t pads = columns[k] - ends[k]; ends[k] > begin && pads != runs.back().pads) {
      if (begin == 0) runs.clear();
      runs.push_back({begin, pads});
    }
    begin = ends[k];
  }
  return runs;
}

// Host tensors of a batch in the making.
struct Table {
  explicit Table(std::int64_t rows, std::int64_t columns)
      : ids(at::zeros({rows, columns}, at::kLong)),
        positions(at::zeros({rows, columns}, at::kLong)),
        mask(at::zeros({rows, columns}, at::kBool)),
        own(at::zeros({rows, columns}, at::kBool)),
        next(at::zeros({rows}, at::kLong)) {}

  void set(std::int64_t cell, const RowTokens& row, std::int64_t token) {
    ids.mutable_data_ptr<std::int64_t>()[cell] = row.ids[static_cast<std::size_t>(token)];
    positions.mutable_data_ptr<std::int64_t>()[cell] = row.position(token);
    mask.mutable_data_ptr<bool>()[cell] = row.is_real(token);
    own.mutable_data_ptr<bool>()[cell] = true;
    plain_positions = plain_positions && row.position(token) == token;
    plain_mask = plain_mask && row.is_real(token);
  }

  at::Tensor ids, positions, mask, own, next;
  bool plain_positions = true, plain_mask = true;
};

}  // namespace

std::int64_t TokenBatch::column(std::int64_t row, std::int64_t token) const {
  const Runs& own = runs[static_cast<std::size_t>(row)];
  std::size_t k = own.size() - 1;
  while (k > 0 && own[k].token > token) --k;
  return token + own[k].pads;
}

std::int64_t TokenBatch::token(std::int64_t row, std::int64_t column) const {
  const Runs& own = runs[static_cast<std::size_t>(row)];
  std::size_t k = own.size() - 1;
  while (k > 0 && own[k].token + own[k].pads > column) --k;
  return column - own[k].pads;
}

std::int64_t columns_needed(const std::vector<RowTokens>& rows, const Placement& placement) {
  return rows.empty() ? 0 : column_ends(piece_ends(rows, placement), placement.prefix).back();
}

TokenBatch place_tokens(const std::vector<RowTokens>& rows, const Placement& placement, at::Device device) {
  TokenBatch out;
  out.prefix = placement.prefix;
  out.runs.assign(static_cast<std::size_t>(placement.batch), {{}});
  const auto ends = piece_ends(rows, placement);
  const auto columns = column_ends(ends, placement.prefix);
  out.columns = columns.empty() ? 0 : columns.back();
  const auto count = static_cast<std::int64_t>(rows.size());
  Table table(count, out.columns);
  bool padded = false, plain_next = true;
  for (std::int64_t r = 0; r < count; ++r) {
    const RowTokens& row = rows[static_cast<std::size_t>(r)];
    out.rows.push_back(row.row);
    out.runs[static_cast<std::size_t>(row.row)] = runs_of(ends[static_cast<std::size_t>(r)], columns, placement.prefix);
    padded = padded || row.count < out.columns;
    for (std::int64_t i = 0; i < row.count; ++i) table.set(r * out.columns + out.column(row.row, i), row, i);
    table.next.mutable_data_ptr<std::int64_t>()[r] = row.next_position();
    plain_next = plain_next && row.next_position() == out.columns;
  }
  out.ids_BL = table.ids.to(device);
  if (padded || !table.plain_positions) out.positions_BL = table.positions.to(device);
  if (padded || !table.plain_mask) out.mask_BL = table.mask.to(device);
  if (!placement.attend_pads) out.decode_mask_BL = out.mask_BL;
  if (placement.attend_pads && padded) out.decode_mask_BL = table.own.to(device);
  if (!plain_next) out.next_position_B = table.next.to(device);
  return out;
}

bool window_reaches(const ModelConfig& config, std::int64_t columns) {
  return config.layer_is_local.empty() || config.sliding_window <= 0 || columns <= config.sliding_window;
}

std::int64_t usable_prefix(const std::vector<RowTokens>& rows, const PrefixTokens& prefix, std::int64_t limit,
                           const ModelConfig& config) {
  std::int64_t length = std::min(prefix.cache.length(), limit);
  for (const RowTokens& row : rows) {
    if (!window_reaches(config, row.count)) return 0;
    length = std::min(length, row.count);
    for (std::int64_t i = 0; i < length; ++i) {
      const auto t = static_cast<std::size_t>(i);
      if (row.ids[t] == prefix.ids[t] && row.is_real(i) == prefix.real[t] && row.position(i) == prefix.positions[t])
        continue;
      length = i;
    }
  }
  return length;
}

}  // namespace c2c
