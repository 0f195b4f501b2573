#include "c2c/model/cache/kv_cache.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "c2c/base/error.h"

namespace c2c {
namespace {

constexpr std::int64_t kTokenDim = 2;

// Capacity grows by half, so that n appends move O(n) tokens.
std::int64_t grown_capacity(std::int64_t capacity, std::int64_t tokens, std::int64_t reserved) {
  return std::max({tokens, reserved, capacity == 0 ? 0 : capacity + capacity / 2 + 16});
}

bool records_gradient(const at::Tensor& key, const at::Tensor& value) {
  return at::GradMode::is_enabled() && (key.requires_grad() || value.requires_grad());
}

at::Tensor tokens_of(const at::Tensor& stored, std::int64_t begin, std::int64_t end) {
  return stored.narrow(kTokenDim, begin, end - begin);
}

}  // namespace

KvCache::KvCache(KvGeometry geometry, std::int64_t batch, at::TensorOptions options)
    : geometry_(geometry), batch_(batch), options_(options), layers_(static_cast<std::size_t>(geometry.layers)) {}

KvCache::Layer& KvCache::at_layer(std::int64_t layer) {
  C2C_CHECK(layer >= 0 && layer < geometry_.layers, "KvCache: no such layer");
  return layers_[static_cast<std::size_t>(layer)];
}

void KvCache::check_write(const at::Tensor& key, const at::Tensor& value) const {
  C2C_CHECK(key.dim() == 4 && key.size(0) == batch_ && key.size(1) == geometry_.kv_heads &&
                key.size(3) == geometry_.head_dim && key.sizes() == value.sizes(),
            "KvCache: keys and values are (batch, kv heads, tokens, head size) of the cache's geometry");
  C2C_CHECK(
      key.scalar_type() == c10::typeMetaToScalarType(options_.dtype()) && key.scalar_type() == value.scalar_type(),
      "KvCache: keys and values have the cache's dtype");
}

void KvCache::reserve(std::int64_t tokens) {
  reserved_ = std::max(reserved_, tokens);
  for (Layer& layer : layers_)
    if (layer.key.defined() && !layer.out_of_place && layer.key.size(kTokenDim) < tokens) grow(layer, tokens);
}

void KvCache::grow(Layer& layer, std::int64_t tokens) {
  const std::int64_t capacity = grown_capacity(layer.key.defined() ? layer.key.size(kTokenDim) : 0, tokens, reserved_);
  for (at::Tensor* stored : {&layer.key, &layer.value}) {
    at::Tensor larger = at::empty({batch_, geometry_.kv_heads, capacity, geometry_.head_dim}, options_);
    if (layer.length > 0) tokens_of(larger, 0, layer.length).copy_(tokens_of(*stored, 0, layer.length));
    *stored = std::move(larger);
  }
}

KvPair KvCache::append(std::int64_t index, const at::Tensor& key, const at::Tensor& value, bool differentiable) {
  check_write(key, value);
  Layer& layer = at_layer(index);
  const std::int64_t end = layer.length + key.size(kTokenDim);
  layer.out_of_place |= records_gradient(key, value) || (differentiable && at::GradMode::is_enabled());
  if (layer.out_of_place) {
    const KvPair old = this->layer(index);
    const bool empty = layer.length == 0;
    layer.key = empty ? key : at::cat({old.key, key}, kTokenDim);
    layer.value = empty ? value : at::cat({old.value, value}, kTokenDim);
    layer.length = end;
    return {layer.key, layer.value};
  }
  if (!layer.key.defined() || layer.key.size(kTokenDim) < end) grow(layer, end);
  tokens_of(layer.key, layer.length, end).copy_(key);
  tokens_of(layer.value, layer.length, end).copy_(value);
  layer.length = end;
  return {tokens_of(layer.key, 0, end), tokens_of(layer.value, 0, end)};
}

KvPair KvCache::slice(std::int64_t index, std::int64_t begin, std::int64_t end) const {
  C2C_CHECK(index >= 0 && index < geometry_.layers, "KvCache: no such layer");
  const Layer& layer = layers_[static_cast<std::size_t>(index)];
  C2C_CHECK(begin >= 0 && begin <= end && end <= layer.length, "KvCache: slice past the tokens that are there");
  if (!layer.key.defined()) {
    const at::Tensor none = at::empty({batch_, geometry_.kv_heads, 0, geometry_.head_dim}, options_);
    return {none, none};
  }
  return {tokens_of(layer.key, begin, end), tokens_of(layer.value, begin, end)};
}

void KvCache::replace(std::int64_t index, std::int64_t begin, const at::Tensor& key, const at::Tensor& value) {
  check_write(key, value);
  Layer& layer = at_layer(index);
  const std::int64_t end = begin + key.size(kTokenDim);
  C2C_CHECK(begin >= 0 && end <= layer.length, "KvCache: replace past the tokens that are there");
  if (begin == end) return;
  layer.out_of_place |= records_gradient(key, value);
  if (!layer.out_of_place) {
    tokens_of(layer.key, begin, end).copy_(key);
    tokens_of(layer.value, begin, end).copy_(value);
    return;
  }
  const auto spliced = [&](const at::Tensor& stored, const at::Tensor& fresh) {
    return at::cat({tokens_of(stored, 0, begin), fresh, tokens_of(stored, end, layer.length)}, kTokenDim);
  };
  layer.key = spliced(layer.key, key);
  layer.value = spliced(layer.value, value);
}

void KvCache::crop(std::int64_t tokens) {
  C2C_CHECK(tokens >= 0, "KvCache: crop to a negative length");
  for (Layer& layer : layers_) layer.length = std::min(layer.length, tokens);
}

KvCache KvCache::clone() const {
  KvCache copy(geometry_, batch_, options_);
  copy.reserved_ = reserved_;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& from = layers_[i];
    Layer& to = copy.layers_[i];
    if (from.length == 0) continue;
    const KvPair old = layer(static_cast<std::int64_t>(i));
    to.out_of_place = from.out_of_place;
    if (from.out_of_place) {
      to.key = old.key.clone();
      to.value = old.value.clone();
    } else {
      copy.grow(to, from.length);
      tokens_of(to.key, 0, from.length).copy_(old.key);
      tokens_of(to.value, 0, from.length).copy_(old.value);
    }
    to.length = from.length;
  }
  return copy;
}

KvCache KvCache::select_rows(const at::Tensor& rows) const {
  KvCache copy(geometry_, rows.size(0), options_);
  copy.reserved_ = reserved_;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& from = layers_[i];
    if (from.length == 0) continue;
    const KvPair old = layer(static_cast<std::int64_t>(i));
    copy.layers_[i] = {old.key.index_select(0, rows), old.value.index_select(0, rows), from.length, from.out_of_place};
  }
  return copy;
}

std::int64_t KvCache::bytes() const {
  std::int64_t total = 0;
  for (const Layer& layer : layers_)
    if (layer.key.defined()) total += static_cast<std::int64_t>(layer.key.nbytes() + layer.value.nbytes());
  return total;
}

}  // namespace c2c
