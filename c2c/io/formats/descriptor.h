// What a tensor file says about a tensor: name, element type, shape and where its bytes lie. No tensors here.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace c2c {

using Bytes = std::span<const std::byte>;

// Element types of all formats. The block types are ggml's (GGUF): a block of `block_elements` shares scales.
enum class DType {
  kF64,
  kF32,
  kF16,
  kBF16,
  kI64,
  kI32,
  kI16,
  kI8,
  kU8,
  kBool,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ4_K,
  kQ5_K,
  kQ6_K,
};

std::string_view dtype_name(DType type);       // "F32", "BF16", "Q4_K", ...
std::size_t dtype_block_elements(DType type);  // 1, or 32 / 256 for block types
std::size_t dtype_block_bytes(DType type);     // bytes of one element or one block
inline bool dtype_is_quantized(DType type) {
  return dtype_block_elements(type) > 1;
}

// Row-major, slowest dimension first (PyTorch's order), for every format. The bytes stay valid as long as the file
// object that handed them out.
struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  Bytes data;

  std::int64_t numel() const;
};

// Product of the sizes (1 for a scalar); throws kInput for a negative size or one that does not fit 63 bits.
std::int64_t shape_numel(std::span<const std::int64_t> shape);
std::string shape_text(std::span<const std::int64_t> shape);  // "[2, 3]"

// Bytes that `numel` elements take, or throws where numel is no multiple of the block or the product overflows.
std::size_t tensor_bytes(DType type, std::int64_t numel);

}  // namespace c2c
