#include "c2c/model/cache/kv_layer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#include "c2c/base/error.h"
#include "c2c/tensor/kernels/row_kernels.h"

namespace c2c {
namespace {

constexpr std::int64_t kTokenDim = 2;
constexpr std::int64_t kCacheLine = 64;
constexpr std::int64_t kGrainBytes = 64 << 10;  // copied bytes that are worth a thread

std::int64_t rounded_up(std::int64_t value, std::int64_t step) {
  return (value + step - 1) / step * step;
}

at::Tensor tokens_of(const at::Tensor& stored, std::int64_t begin, std::int64_t end) {
  return stored.narrow(kTokenDim, begin, end - begin);
}

std::int64_t page() {
  return static_cast<std::int64_t>(ReservedMemory::page_bytes());
}

// One line beyond what is needed, so that the same token of all heads does not fall into the same set of a cache.
std::int64_t head_stride(std::int64_t head_bytes) {
  return rounded_up(head_bytes, kCacheLine) + kCacheLine;
}

// (B, H, N, D) or (B, H, N) as rows of `bytes` bytes: f(batch and head, pointer to token 0, stride between tokens).
template <class F>
void for_heads(const at::Tensor& x, const F& f) {
  const std::int64_t heads = x.size(1), element = x.element_size();
  auto* data = static_cast<std::byte*>(x.mutable_data_ptr());
  const std::int64_t grain = 1 + kGrainBytes / std::max<std::int64_t>(1, x.numel() / (x.size(0) * heads) * element);
  at::parallel_for(0, x.size(0) * heads, grain, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i)
      f(i / heads, i % heads, data + (i / heads * x.stride(0) + i % heads * x.stride(1)) * element);
  });
}

// A tensor's numbers of one head.
const std::byte* head_of(const at::Tensor& x, std::int64_t row, std::int64_t head) {
  return static_cast<const std::byte*>(x.const_data_ptr()) +
         (row * x.stride(0) + head * x.stride(1)) * x.element_size();
}

void copy_tokens(const at::Tensor& to, const at::Tensor& from) {
  const std::int64_t tokens = from.size(2), bytes = from.size(3) * from.element_size();
  const std::int64_t stride = from.stride(2) * from.element_size();
  for_heads(to, [&](std::int64_t row, std::int64_t head, std::byte* target) {
    const std::byte* source = head_of(from, row, head);
    if (stride == bytes) {
      std::memmove(target, source, static_cast<std::size_t>(tokens * bytes));
      return;
    }
    for (std::int64_t n = 0; n < tokens; ++n)
      std::memmove(target + n * bytes, source + n * stride, static_cast<std::size_t>(bytes));
  });
}

template <class T>
void quantize_tokens(const at::Tensor& to, const at::Tensor& scales, const at::Tensor& from) {
  const std::int64_t tokens = from.size(2), size = from.size(3), stride = from.stride(2);
  for_heads(to, [&](std::int64_t row, std::int64_t head, std::byte* target) {
    const auto* source = reinterpret_cast<const T*>(head_of(from, row, head));
    auto* scale = reinterpret_cast<float*>(const_cast<std::byte*>(head_of(scales, row, head)));
    for (std::int64_t n = 0; n < tokens; ++n)
      scale[n] = kernels::quantize_row(source + n * stride, reinterpret_cast<std::int8_t*>(target) + n * size, size);
  });
}

template <class T>
void dequantize_tokens(const at::Tensor& to, const at::Tensor& from, const at::Tensor& scales) {
  const std::int64_t tokens = from.size(2), size = from.size(3);
  for_heads(to, [&](std::int64_t row, std::int64_t head, std::byte* target) {
    const auto* source = reinterpret_cast<const std::int8_t*>(head_of(from, row, head));
    const auto* scale = reinterpret_cast<const float*>(head_of(scales, row, head));
    for (std::int64_t n = 0; n < tokens; ++n)
      kernels::dequantize_row(source + n * size, scale[n], reinterpret_cast<T*>(target) + n * size, size);
  });
}

// Whole pages that a head's first tokens have touched, for all heads.
std::int64_t touched(const at::Tensor& stored, std::int64_t length) {
  if (!stored.defined()) return 0;
  const std::int64_t token = stored.dim() == 4 ? stored.size(3) : 1;
  return stored.size(0) * stored.size(1) * rounded_up(length * token * stored.element_size(), page());
}

kernels::KvSide side_of(const at::Tensor& stored, const at::Tensor& scales, std::int64_t row) {
  kernels::KvSide side{.data = head_of(stored, row, 0),
                       .head_stride = stored.stride(1) * stored.element_size(),
                       .token_stride = stored.stride(2) * stored.element_size()};
  if (scales.defined()) {
    side.scales = reinterpret_cast<const float*>(head_of(scales, row, 0));
    side.scale_stride = scales.stride(1);
  }
  return side;
}

}  // namespace

at::ScalarType KvLayout::stored_dtype() const {
  if (!format) return dtype();
  if (*format == KvFormat::kQ8) return at::kChar;
  return *format == KvFormat::kF32 ? at::kFloat : at::kBFloat16;
}

// K, V and their scales behind each other, each from a page of its own.
bool KvLayer::allocate_reserved(const KvLayout& layout, std::int64_t capacity) {
  const std::int64_t heads = layout.geometry.kv_heads, size = layout.geometry.head_dim;
  const at::TensorOptions options = layout.options.dtype(layout.stored_dtype());
  const auto element = static_cast<std::int64_t>(options.dtype().itemsize());
  const bool scaled = layout.stored_dtype() == at::kChar;
  const std::int64_t number_stride = head_stride(capacity * size * element), scale_stride = head_stride(capacity * 4);
  const std::int64_t numbers = rounded_up(layout.batch * heads * number_stride, page());
  const std::int64_t scales = scaled ? rounded_up(layout.batch * heads * scale_stride, page()) : 0;
  memory_ = ReservedMemory::make(static_cast<std::size_t>(2 * (numbers + scales)));
  if (memory_ == nullptr) return false;
  const auto keep = [memory = memory_](void*) {};
  const auto side = [&](std::int64_t offset) {
    const std::int64_t head = number_stride / element;
    return at::from_blob(memory_->data() + offset, {layout.batch, heads, capacity, size}, {heads * head, head, size, 1},
                         keep, options);
  };
  const auto scale = [&](std::int64_t offset) {
    return at::from_blob(memory_->data() + offset, {layout.batch, heads, capacity},
                         {heads * scale_stride / 4, scale_stride / 4, 1}, keep, options.dtype(at::kFloat));
  };
  key_ = side(0);
  value_ = side(numbers);
  if (scaled) scales_ = {scale(2 * numbers), scale(2 * numbers + scales)};
  return true;
}

void KvLayer::allocate(const KvLayout& layout, std::int64_t capacity) {
  const bool reserves = layout.max_tokens > 0 && layout.options.device().is_cpu() && layout.batch > 0;
  if (reserves && allocate_reserved(layout, std::max(capacity, layout.max_tokens))) return;
  memory_.reset();
  const std::int64_t heads = layout.geometry.kv_heads;
  const at::TensorOptions options = layout.options.dtype(layout.stored_dtype());
  key_ = at::empty({layout.batch, heads, capacity, layout.geometry.head_dim}, options);
  value_ = at::empty_like(key_);
  if (layout.stored_dtype() != at::kChar) return;
  scales_.key = at::empty({layout.batch, heads, capacity}, options.dtype(at::kFloat));
  scales_.value = at::empty_like(scales_.key);
}

void KvLayer::move_to(const KvLayout& layout, std::int64_t tokens) {
  const KvLayer old = std::move(*this);
  *this = KvLayer();
  allocate(layout, tokens);
  length = old.length;
  if (length == 0) return;
  const auto take = [&](const at::Tensor& to, const at::Tensor& from) {
    if (from.defined()) tokens_of(to, 0, length).copy_(tokens_of(from, 0, length));
  };
  take(key_, old.key_);
  take(value_, old.value_);
  take(scales_.key, old.scales_.key);
  take(scales_.value, old.scales_.value);
}

void KvLayer::write_side(const at::Tensor& stored, const at::Tensor& scales, std::int64_t begin,
                         const at::Tensor& tokens) {
  const at::Tensor target = tokens_of(stored, begin, begin + tokens.size(kTokenDim));
  const bool here = stored.is_cpu() && tokens.is_cpu() && tokens.numel() > 0;
  if (scales.defined()) {
    C2C_CHECK(here && (tokens.scalar_type() == at::kFloat || tokens.scalar_type() == at::kBFloat16),
              "KvCache: q8 is for float32 and bfloat16 on a CPU");
    const at::Tensor dense = tokens.stride(3) == 1 ? tokens : tokens.contiguous();
    const at::Tensor target_scales = tokens_of(scales, begin, begin + tokens.size(kTokenDim));
    if (dense.scalar_type() == at::kFloat)
      quantize_tokens<float>(target, target_scales, dense);
    else
      quantize_tokens<std::uint16_t>(target, target_scales, dense);
    return;
  }
  if (here && tokens.stride(3) == 1 && tokens.scalar_type() == stored.scalar_type())
    copy_tokens(target, tokens);
  else
    target.copy_(tokens);
}

void KvLayer::write(std::int64_t begin, const KvPair& tokens) {
  if (tokens.key.numel() == 0) return;
  write_side(key_, scales_.key, begin, tokens.key);
  write_side(value_, scales_.value, begin, tokens.value);
}

at::Tensor KvLayer::read_side(const KvLayout& layout, const at::Tensor& stored, const at::Tensor& scales,
                              std::int64_t begin, std::int64_t end) {
  const at::Tensor tokens = tokens_of(stored, begin, end);
  if (!scales.defined()) return tokens.scalar_type() == layout.dtype() ? tokens : tokens.to(layout.dtype());
  at::Tensor out = at::empty(tokens.sizes(), layout.options);
  if (out.numel() == 0) return out;
  if (layout.dtype() == at::kFloat)
    dequantize_tokens<float>(out, tokens, tokens_of(scales, begin, end));
  else
    dequantize_tokens<std::uint16_t>(out, tokens, tokens_of(scales, begin, end));
  return out;
}

KvPair KvLayer::read(const KvLayout& layout, std::int64_t begin, std::int64_t end) const {
  if (!key_.defined()) {
    const at::Tensor none =
        at::empty({layout.batch, layout.geometry.kv_heads, 0, layout.geometry.head_dim}, layout.options);
    return {none, none};
  }
  return {read_side(layout, key_, scales_.key, begin, end), read_side(layout, value_, scales_.value, begin, end)};
}

void KvLayer::set_tensors(at::Tensor key, at::Tensor value) {
  key_ = std::move(key);
  value_ = std::move(value);
  memory_.reset();
}

void KvLayer::crop(std::int64_t tokens) {
  if (tokens >= length) return;
  if (memory_ != nullptr)
    for (const at::Tensor* stored : {&key_, &value_, &scales_.key, &scales_.value}) {
      if (!stored->defined()) continue;
      const at::Tensor gone = tokens_of(*stored, tokens, length);
      const std::int64_t bytes = (length - tokens) * stored->stride(2) * stored->element_size();
      for (std::int64_t i = 0; i < gone.size(0) * gone.size(1); ++i) {
        auto* begin = const_cast<std::byte*>(head_of(gone, i / gone.size(1), i % gone.size(1)));
        memory_->release(begin, begin + bytes);
      }
    }
  length = tokens;
}

KvLayer KvLayer::clone(const KvLayout& layout, std::int64_t reserved) const {
  KvLayer copy;
  if (length == 0) return copy;
  if (out_of_place) {
    copy.set_tensors(tokens_of(key_, 0, length).clone(), tokens_of(value_, 0, length).clone());
    copy.length = length;
    copy.out_of_place = true;
    return copy;
  }
  copy = *this;
  copy.move_to(layout, std::max(length, reserved));
  return copy;
}

KvLayer KvLayer::select_rows(const at::Tensor& rows) const {
  KvLayer copy;
  if (length == 0) return copy;
  const auto take = [&](const at::Tensor& stored) {
    return stored.defined() ? tokens_of(stored, 0, length).index_select(0, rows) : at::Tensor();
  };
  copy.set_tensors(take(key_), take(value_));
  copy.scales_ = {take(scales_.key), take(scales_.value)};
  copy.length = length;
  copy.out_of_place = out_of_place;
  return copy;
}

KvFormat KvLayer::held_format() const {
  const at::ScalarType dtype = key_.scalar_type();
  C2C_CHECK(key_.is_cpu() && key_.stride(3) == 1 && value_.stride(3) == 1 &&
                (dtype == at::kFloat || dtype == at::kBFloat16 || dtype == at::kChar),
            "KvCache: rows are seen and written singly in float32, bfloat16 and q8 on a CPU");
  if (dtype == at::kChar) return KvFormat::kQ8;
  return dtype == at::kFloat ? KvFormat::kF32 : KvFormat::kBf16;
}

kernels::KvView KvLayer::row_view(std::int64_t row) const {
  C2C_CHECK(length > 0 && row >= 0 && row < key_.size(0), "KvCache: no such row, or no tokens in it");
  return {.format = held_format(),
          .key = side_of(key_, scales_.key, row),
          .value = side_of(value_, scales_.value, row),
          .tokens = length,
          .kv_heads = key_.size(1),
          .head_size = key_.size(3)};
}

kernels::KvPlace KvLayer::place(std::int64_t row, std::int64_t token) const {
  C2C_CHECK(token < capacity() && row >= 0 && row < key_.size(0), "KvCache: no such row, or no room");
  const kernels::KvSide key = side_of(key_, scales_.key, row), value = side_of(value_, scales_.value, row);
  const auto scale = [&](const kernels::KvSide& side) {
    return side.scales == nullptr ? nullptr : const_cast<float*>(side.scales) + token;
  };
  return {.format = held_format(),
          .key = const_cast<std::byte*>(key.at(0, token)),
          .value = const_cast<std::byte*>(value.at(0, token)),
          .key_scale = scale(key),
          .value_scale = scale(value),
          .head_stride = key.head_stride,
          .scale_stride = key.scale_stride};
}

std::int64_t KvLayer::bytes() const {
  if (!key_.defined()) return 0;
  std::int64_t total = 0;
  for (const at::Tensor* stored : {&key_, &value_, &scales_.key, &scales_.value}) {
    if (!stored->defined()) continue;
    total += memory_ != nullptr ? touched(*stored, length) : static_cast<std::int64_t>(stored->nbytes());
  }
  return total;
}

}  // namespace c2c
