// y = x W^T + b, W: (out, in). Owns its weight and how it lies in memory; kernels are chosen below this line only.
// A LoRA branch may be added to it; copies of the layer share it, and it costs nothing where there is none.
//
// A layer is plain (a tensor, any device, differentiable) or, for inference on the CPU, packed: its weight lies as
// kernels/packed_matmul.h reads it, and the plain one is gone. Copies share packed bytes.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "c2c/io/formats/descriptor.h"
#include "c2c/tensor/kernels/weight_format.h"
#include "c2c/tensor/nn/lora.h"
#include "c2c/tensor/nn/module.h"
#include "c2c/tensor/ops/packed_linear.h"

namespace c2c {

class Linear {
 public:
  Linear() = default;
  Linear(at::Tensor weight, at::Tensor bias = {});
  // Uninitialised (or meta) weight of the given shape, to be filled through visit().
  static Linear empty(std::int64_t in, std::int64_t out, bool with_bias, at::TensorOptions options);

  // x: (..., in) -> (..., out). Plain: in the weight's dtype, differentiable. Packed: x float32 or bfloat16 whatever
  // the format, the result in x's dtype; an input that requires a gradient is an error.
  at::Tensor operator()(const at::Tensor& x) const;
  at::Tensor gelu(const at::Tensor& x) const;  // the exact gelu of the output; fused where packed
  // residual (..., out) + output; fused where packed (rounded once).
  at::Tensor add_to(const at::Tensor& x, const at::Tensor& residual) const;

  // The weight as it will be read from now on: from the plain CPU weight, of any floating-point type.
  void pack(WeightFormat format);
  // The same from a tensor of a file, (out, in), panel by panel and in parallel: Q8_0 to q8, Q4_0 to q4 and BF16 to
  // bf16 keep every number, the others go by way of float32. row_order: output i is the file's row row_order[i]; empty:
  // as they come. `done` is called, from any thread, with parts of info.data that are not needed any more (where rows
  // come in order). The layer's plain weight gives the shape only (it may be of the meta device); undefined: info's.
  void pack_blocks(const TensorInfo& info, WeightFormat format, const std::vector<std::int64_t>& row_order = {},
                   const std::function<void(Bytes)>& done = {});
  bool is_packed() const { return packed_ != nullptr; }
  std::optional<WeightFormat> format() const;       // nothing: plain
  std::span<const std::byte> packed_bytes() const;  // empty: plain
  // Rows of W: ids (...) int64 -> (..., in), for tables that are head and embedding at once.
  at::Tensor rows(const at::Tensor& ids, at::ScalarType dtype) const;

  void set_lora(std::shared_ptr<LoraBranch> branch);  // null: none
  const std::shared_ptr<LoraBranch>& lora() const { return lora_; }
  // W += scale * B A, in place and in W's dtype, and the branch goes; nothing where there is none. Before pack().
  void merge_lora();

  std::int64_t in_features() const { return packed_ != nullptr ? packed_->shape.in : weight_.size(1); }
  std::int64_t out_features() const { return packed_ != nullptr ? packed_->shape.out : weight_.size(0); }
  const at::Tensor& weight() const { return weight_; }  // undefined where packed
  const at::Tensor& bias() const { return bias_; }
  std::int64_t bytes() const;
  // Weight (unless packed), then bias; not the branch.
  void visit(const std::string& prefix, const ParameterVisitor& visitor);
  void visit_lora(const std::string& prefix, const ParameterVisitor& visitor);

 private:
  friend std::vector<at::Tensor> apply_all(std::initializer_list<const Linear*> layers, const at::Tensor& x);

  void set_packed(PackedWeight packed);

  at::Tensor weight_, bias_;
  std::shared_ptr<LoraBranch> lora_;
  std::shared_ptr<const PackedWeight> packed_;
};

// Several layers over one input (q, k and v; gate and up): one parallel region where all are packed.
std::vector<at::Tensor> apply_all(std::initializer_list<const Linear*> layers, const at::Tensor& x);

}  // namespace c2c
