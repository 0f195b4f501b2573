// Keys and values of one model for a batch of token streams, after RoPE (and after the model's own key norm).
// Legend: B batch, H kv heads, N tokens, D head size. Per layer K and V: (B, H, N, D).
//
// The cache is an argument of every forward, never a member of a model. Reading gives views, never copies; a copy is a
// named call. (Where the cache holds its tokens in another format than it is read in, reading decodes into fresh
// tensors: attention over one token goes through row_view() instead.) Under autograd (what is appended or replaced
// requires grad) a layer goes over to out-of-place growth for good: gradients flow to what was written, and views saved
// for a backward pass stay as they were.
//
// With `max_tokens` each layer reserves address space for so many on its first append; pages become resident as tokens
// touch them, appends never copy, and the pages go back when the cache and the last view of it die. A cache that grows
// past that all the same moves once to half as much again. Without it (and on other devices) capacity grows by half.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "c2c/model/cache/kv_layer.h"

namespace c2c {

class KvCache {
 public:
  KvCache() = default;
  // `format`: what tokens are held in; nothing: in the dtype of `options`.
  KvCache(KvGeometry geometry, std::int64_t batch, at::TensorOptions options, std::optional<KvFormat> format = {},
          std::int64_t max_tokens = 0);
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
  // The same without the views. Not under autograd.
  void push(std::int64_t layer, const at::Tensor& key_BHND, const at::Tensor& value_BHND);
  // One token more in a cache of one row, and where its keys and values are to be written at once. Not under autograd.
  kernels::KvPlace grow(std::int64_t layer);
  // Views over tokens [begin, end) of a layer.
  KvPair slice(std::int64_t layer, std::int64_t begin, std::int64_t end) const;
  KvPair layer(std::int64_t index) const { return slice(index, 0, length(index)); }
  // Overwrites tokens [begin, begin + N) of a layer.
  void replace(std::int64_t layer, std::int64_t begin, const at::Tensor& key_BHND, const at::Tensor& value_BHND);
  // One row of the batch, all its tokens; valid until the cache is written or dies. float32 or bfloat16 or q8, on a
  // CPU.
  kernels::KvView row_view(std::int64_t layer, std::int64_t row) const;
  // Forgets every token from `tokens` on; views over those are void.
  void crop(std::int64_t tokens);
  KvCache clone() const;
  // Rows of the batch in a new order (repeats allowed), as a copy.
  KvCache select_rows(const at::Tensor& rows) const;

  std::int64_t length(std::int64_t layer = 0) const {
    return layers_.empty() ? 0 : layers_[static_cast<std::size_t>(layer)].length;
  }
  std::int64_t batch() const { return layout_.batch; }
  const KvGeometry& geometry() const { return layout_.geometry; }
  at::TensorOptions options() const { return layout_.options; }
  std::optional<KvFormat> format() const { return layout_.format; }
  // Allocated; of reserved address space, the pages that hold tokens.
  std::int64_t bytes() const;

 private:
  KvLayer& at_layer(std::int64_t layer);
  const KvLayer& at_layer(std::int64_t layer) const;
  void check_write(const at::Tensor& key_BHND, const at::Tensor& value_BHND) const;
  void make_room(KvLayer& layer, std::int64_t tokens);
  void go_out_of_place(KvLayer& layer) const;

  KvLayout layout_;
  std::int64_t reserved_ = 0;
  std::vector<KvLayer> layers_;
};

}  // namespace c2c
