#include "c2c/io/formats/descriptor.h"

#include <array>
#include <limits>

#include "c2c/base/error.h"

namespace c2c {
namespace {

struct DTypeTraits {
  DType type;
  std::string_view name;
  std::size_t elements;
  std::size_t bytes;
};

constexpr std::array kTraits = {
    DTypeTraits{DType::kF64, "F64", 1, 8},       DTypeTraits{DType::kF32, "F32", 1, 4},
    DTypeTraits{DType::kF16, "F16", 1, 2},       DTypeTraits{DType::kBF16, "BF16", 1, 2},
    DTypeTraits{DType::kI64, "I64", 1, 8},       DTypeTraits{DType::kI32, "I32", 1, 4},
    DTypeTraits{DType::kI16, "I16", 1, 2},       DTypeTraits{DType::kI8, "I8", 1, 1},
    DTypeTraits{DType::kU8, "U8", 1, 1},         DTypeTraits{DType::kBool, "BOOL", 1, 1},
    DTypeTraits{DType::kQ4_0, "Q4_0", 32, 18},   DTypeTraits{DType::kQ4_1, "Q4_1", 32, 20},
    DTypeTraits{DType::kQ5_0, "Q5_0", 32, 22},   DTypeTraits{DType::kQ5_1, "Q5_1", 32, 24},
    DTypeTraits{DType::kQ8_0, "Q8_0", 32, 34},   DTypeTraits{DType::kQ4_K, "Q4_K", 256, 144},
    DTypeTraits{DType::kQ5_K, "Q5_K", 256, 176}, DTypeTraits{DType::kQ6_K, "Q6_K", 256, 210},
};

const DTypeTraits& traits(DType type) {
  const auto index = static_cast<std::size_t>(type);
  C2C_CHECK(index < kTraits.size() && kTraits[index].type == type, "unknown element type");
  return kTraits[index];
}

}  // namespace

std::string_view dtype_name(DType type) {
  return traits(type).name;
}
std::size_t dtype_block_elements(DType type) {
  return traits(type).elements;
}
std::size_t dtype_block_bytes(DType type) {
  return traits(type).bytes;
}

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

std::int64_t shape_numel(std::span<const std::int64_t> shape) {
  std::int64_t numel = 1;
  for (const std::int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(numel, size, &numel))
      fail_input({.where = "tensor shape", .found = shape_text(shape), .expected = "sizes whose product fits 63 bits"});
  return numel;
}

std::int64_t TensorInfo::numel() const {
  return shape_numel(shape);
}

std::size_t tensor_bytes(DType type, std::int64_t numel) {
  const DTypeTraits& info = traits(type);
  const auto count = static_cast<std::size_t>(numel);
  std::size_t bytes = 0;
  if (numel < 0 || count % info.elements != 0 || __builtin_mul_overflow(count / info.elements, info.bytes, &bytes) ||
      bytes > static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max()))
    fail_input({.where = "tensor size",
                .found = std::to_string(numel) + " elements of " + std::string(info.name),
                .expected = "a multiple of " + std::to_string(info.elements) + " whose bytes fit 63 bits"});
  return bytes;
}

}  // namespace c2c
