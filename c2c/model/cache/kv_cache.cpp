#include "c2c/model/cache/kv_cache.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "c2c/base/error.h"

namespace c2c {
namespace {

constexpr std::int64_t kTokenDim = 2;

bool records_gradient(const at::Tensor& key, const at::Tensor& value) {
  return at::GradMode::is_enabled() && (key.requires_grad() || value.requires_grad());
}

}  // namespace

KvCache::KvCache(KvGeometry geometry, std::int64_t batch, at::TensorOptions options, std::optional<KvFormat> format,
                 std::int64_t max_tokens)
    : layout_{geometry, batch, options, format, max_tokens}, layers_(static_cast<std::size_t>(geometry.layers)) {}

KvLayer& KvCache::at_layer(std::int64_t layer) {
  C2C_CHECK(layer >= 0 && layer < layout_.geometry.layers, "KvCache: no such layer");
  return layers_[static_cast<std::size_t>(layer)];
}

const KvLayer& KvCache::at_layer(std::int64_t layer) const {
  return const_cast<KvCache*>(this)->at_layer(layer);
}

void KvCache::check_write(const at::Tensor& key, const at::Tensor& value) const {
  C2C_CHECK(key.dim() == 4 && key.size(0) == layout_.batch && key.size(1) == layout_.geometry.kv_heads &&
                key.size(3) == layout_.geometry.head_dim && key.sizes() == value.sizes(),
            "KvCache: keys and values are (batch, kv heads, tokens, head size) of the cache's geometry");
  C2C_CHECK(key.scalar_type() == layout_.dtype() && key.scalar_type() == value.scalar_type(),
            "KvCache: keys and values have the cache's dtype");
}

void KvCache::reserve(std::int64_t tokens) {
  reserved_ = std::max(reserved_, tokens);
  for (KvLayer& layer : layers_)
    if (layer.capacity() > 0 && !layer.out_of_place && layer.capacity() < tokens) make_room(layer, tokens);
}

// Capacity grows by half, so that n appends move O(n) tokens.
void KvCache::make_room(KvLayer& layer, std::int64_t tokens) {
  const std::int64_t capacity = layer.capacity();
  if (capacity >= tokens && capacity > 0) return;
  layer.move_to(layout_, std::max({tokens, reserved_, capacity == 0 ? 0 : capacity + capacity / 2 + 16}));
}

void KvCache::go_out_of_place(KvLayer& layer) const {
  C2C_CHECK(layout_.is_plain(), "KvCache: gradients need a cache that holds what is written as it is");
  layer.out_of_place = true;
}

KvPair KvCache::append(std::int64_t index, const at::Tensor& key, const at::Tensor& value, bool differentiable) {
  KvLayer& layer = at_layer(index);
  if (records_gradient(key, value) || (differentiable && at::GradMode::is_enabled())) go_out_of_place(layer);
  if (!layer.out_of_place) {
    push(index, key, value);
    return layer.read(layout_, 0, layer.length);
  }
  check_write(key, value);
  const KvPair old = this->layer(index);
  const bool empty = layer.length == 0;
  KvPair all{empty ? key : at::cat({old.key, key}, kTokenDim), empty ? value : at::cat({old.value, value}, kTokenDim)};
  layer.set_tensors(all.key, all.value);
  layer.length += key.size(kTokenDim);
  return all;
}

void KvCache::push(std::int64_t index, const at::Tensor& key, const at::Tensor& value) {
  check_write(key, value);
  KvLayer& layer = at_layer(index);
  C2C_CHECK(!layer.out_of_place && !records_gradient(key, value), "KvCache: append() is the way to write gradients");
  const std::int64_t end = layer.length + key.size(kTokenDim);
  make_room(layer, end);
  layer.write(layer.length, {key, value});
  layer.length = end;
}

kernels::KvPlace KvCache::grow(std::int64_t index) {
  KvLayer& layer = at_layer(index);
  C2C_CHECK(layout_.batch == 1 && !layer.out_of_place, "KvCache: grow() is for one row, and not under autograd");
  make_room(layer, layer.length + 1);
  return layer.place(0, layer.length++);
}

KvPair KvCache::slice(std::int64_t index, std::int64_t begin, std::int64_t end) const {
  const KvLayer& layer = at_layer(index);
  C2C_CHECK(begin >= 0 && begin <= end && end <= layer.length, "KvCache: slice past the tokens that are there");
  return layer.read(layout_, begin, end);
}

kernels::KvView KvCache::row_view(std::int64_t layer, std::int64_t row) const {
  return at_layer(layer).row_view(row);
}

void KvCache::replace(std::int64_t index, std::int64_t begin, const at::Tensor& key, const at::Tensor& value) {
  check_write(key, value);
  KvLayer& layer = at_layer(index);
  const std::int64_t end = begin + key.size(kTokenDim);
  C2C_CHECK(begin >= 0 && end <= layer.length, "KvCache: replace past the tokens that are there");
  if (begin == end) return;
  if (records_gradient(key, value)) go_out_of_place(layer);
  if (!layer.out_of_place) {
    layer.write(begin, {key, value});
    return;
  }
  const KvPair before = slice(index, 0, begin), after = slice(index, end, layer.length);
  layer.set_tensors(at::cat({before.key, key, after.key}, kTokenDim),
                    at::cat({before.value, value, after.value}, kTokenDim));
}

void KvCache::crop(std::int64_t tokens) {
  C2C_CHECK(tokens >= 0, "KvCache: crop to a negative length");
  for (KvLayer& layer : layers_) layer.crop(tokens);
}

KvCache KvCache::clone() const {
  KvCache copy(layout_.geometry, layout_.batch, layout_.options, layout_.format, layout_.max_tokens);
  copy.reserved_ = reserved_;
  for (std::size_t i = 0; i < layers_.size(); ++i) copy.layers_[i] = layers_[i].clone(layout_, reserved_);
  return copy;
}

KvCache KvCache::select_rows(const at::Tensor& rows) const {
  KvCache copy(layout_.geometry, rows.size(0), layout_.options, layout_.format, layout_.max_tokens);
  copy.reserved_ = reserved_;
  for (std::size_t i = 0; i < layers_.size(); ++i) copy.layers_[i] = layers_[i].select_rows(rows);
  return copy;
}

std::int64_t KvCache::bytes() const {
  std::int64_t total = 0;
  for (const KvLayer& layer : layers_) total += layer.bytes();
  return total;
}

}  // namespace c2c
