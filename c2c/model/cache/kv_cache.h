// Keys and values of one model for a batch of token streams, after RoPE (and after the model's own key norm).
// Legend: B batch, H kv heads, N tokens, D head size. Per layer K and V: (B, H, N, D).
//
// The cache is an argument of every forward, never a member of a model. Reading gives views, never copies; a copy is a
// named call. Under autograd (what is appended or replaced requires grad) a layer goes over to out-of-place growth for
// good: gradients flow to what was written, and views saved for a backward pass stay as they were.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace c2c {

struct KvGeometry {
  std::int64_t layers = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  bool operator==(const KvGeometry&) const = default;
};

// K and V of some tokens of one layer, (B, H, N, D) each.
struct KvPair {
  at::Tensor key, value;
};

class KvCache {
 public:
  KvCache() = default;
  KvCache(KvGeometry geometry, std::int64_t batch, at::TensorOptions options);
  KvCache(KvCache&&) = default;
  KvCache& operator=(KvCache&&) = default;
  KvCache(const KvCache&) = delete;  // use clone(): a cache is large
  KvCache& operator=(const KvCache&) = delete;

  // Room for `tokens` in all, so that appends up to there never move anything.
  void reserve(std::int64_t tokens);
  // Writes N new tokens of one layer behind the last and returns views over all its tokens, (B, H, length + N, D).
  // Layers are appended in any order; length() is that of layer 0. `differentiable`: the returned views will be saved
  // for a backward pass although K and V need no gradient themselves (the query does).
  KvPair append(std::int64_t layer, const at::Tensor& key_BHND, const at::Tensor& value_BHND,
                bool differentiable = false);
  // Views over tokens [begin, end) of a layer.
  KvPair slice(std::int64_t layer, std::int64_t begin, std::int64_t end) const;
  KvPair layer(std::int64_t index) const { return slice(index, 0, length(index)); }
  // Overwrites tokens [begin, begin + N) of a layer.
  void replace(std::int64_t layer, std::int64_t begin, const at::Tensor& key_BHND, const at::Tensor& value_BHND);
  // Forgets every token from `tokens` on.
  void crop(std::int64_t tokens);
  KvCache clone() const;
  // Rows of the batch in a new order (repeats allowed), as a copy.
  KvCache select_rows(const at::Tensor& rows) const;

  std::int64_t length(std::int64_t layer = 0) const {
    return layers_.empty() ? 0 : layers_[static_cast<std::size_t>(layer)].length;
  }
  std::int64_t batch() const { return batch_; }
  const KvGeometry& geometry() const { return geometry_; }
  at::TensorOptions options() const { return options_; }
  std::int64_t bytes() const;  // allocated

 private:
  struct Layer {
    at::Tensor key, value;  // (B, H, capacity, D)
    std::int64_t length = 0;
    bool out_of_place = false;  // set by the first write under autograd
  };
  Layer& at_layer(std::int64_t layer);
  void check_write(const at::Tensor& key_BHND, const at::Tensor& value_BHND) const;
  void grow(Layer& layer, std::int64_t tokens);

  KvGeometry geometry_;
  std::int64_t batch_ = 0;
  std::int64_t reserved_ = 0;
  at::TensorOptions options_;
  std::vector<Layer> layers_;
};

}  // namespace c2c
