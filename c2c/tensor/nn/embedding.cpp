#include "c2c/tensor/nn/embedding.h"

#include <ATen/ATen.h>

#include <unordered_map>
#include <vector>

namespace c2c {

at::Tensor Embedding::operator()(const at::Tensor& ids) const {
  return reader_ ? read_rows(ids) : at::embedding(weight_, ids);
}

// Every row once, however often it is asked for.
at::Tensor Embedding::read_rows(const at::Tensor& ids) const {
  const at::Tensor flat = ids.cpu().contiguous().flatten();
  const std::int64_t* id = flat.const_data_ptr<std::int64_t>();
  std::unordered_map<std::int64_t, std::int64_t> place;
  std::vector<at::Tensor> rows;
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    const auto [found, is_new] = place.try_emplace(id[i], static_cast<std::int64_t>(rows.size()));
    if (is_new) rows.push_back(reader_(id[i]));
    places.push_back(found->second);
  }
  const at::Tensor table = at::stack(rows).to(ids.device());
  std::vector<std::int64_t> shape = ids.sizes().vec();
  shape.push_back(table.size(1));
  return table.index_select(0, at::tensor(places, at::kLong).to(ids.device())).view(shape);
}

}  // namespace c2c
