// One layer of a KvCache: where its keys and values lie and in which format.
// Legend: B batch, H kv heads, N tokens, D head size.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "c2c/model/cache/reserved_memory.h"
#include "c2c/tensor/kernels/kv_view.h"

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

struct KvLayout {
  KvGeometry geometry;
  std::int64_t batch = 0;
  at::TensorOptions options;       // of what is written and read
  std::optional<KvFormat> format;  // of what is held; nothing: as `options`
  std::int64_t max_tokens = 0;     // > 0, on a CPU: address space for so many is reserved

  at::ScalarType dtype() const { return options.dtype().toScalarType(); }
  at::ScalarType stored_dtype() const;
  // What is held can be handed out as it is.
  bool is_plain() const { return stored_dtype() == dtype(); }
};

class KvLayer {
 public:
  std::int64_t length = 0;
  bool out_of_place = false;  // set by the first write under autograd, for good: then key and value are just tensors

  std::int64_t capacity() const { return key_.defined() ? key_.size(2) : 0; }
  // Room for `tokens`; what is there moves.
  void move_to(const KvLayout& layout, std::int64_t tokens);
  // Overwrites tokens [begin, begin + N), for which there is room.
  void write(std::int64_t begin, const KvPair& tokens);
  // Tokens [begin, end): views, or fresh tensors where the format is not that of `options`.
  KvPair read(const KvLayout& layout, std::int64_t begin, std::int64_t end) const;
  void set_tensors(at::Tensor key, at::Tensor value);  // of a layer that is out of place
  void crop(std::int64_t tokens);
  KvLayer clone(const KvLayout& layout, std::int64_t reserved) const;  // with room for `reserved` tokens
  KvLayer select_rows(const at::Tensor& rows) const;
  kernels::KvView row_view(std::int64_t row) const;
  // Where token `token` of a row lies, for which there is room. On a CPU.
  kernels::KvPlace place(std::int64_t row, std::int64_t token) const;
  // Allocated, or, of reserved address space, what tokens have touched, in whole pages.
  std::int64_t bytes() const;

 private:
  struct Scales {
    at::Tensor key, value;  // (B, H, capacity) float32
  };
  KvFormat held_format() const;
  void allocate(const KvLayout& layout, std::int64_t capacity);
  bool allocate_reserved(const KvLayout& layout, std::int64_t capacity);
  void write_side(const at::Tensor& stored, const at::Tensor& scales, std::int64_t begin, const at::Tensor& tokens);
  static at::Tensor read_side(const KvLayout& layout, const at::Tensor& stored, const at::Tensor& scales,
                              std::int64_t begin, std::int64_t end);

  at::Tensor key_, value_;  // (B, H, capacity, D)
  Scales scales_;           // kQ8 only
  std::shared_ptr<ReservedMemory> memory_;
};

}  // namespace c2c
