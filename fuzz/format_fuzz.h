// What the targets of tensor files share: bytes in an exactly sized source, every tensor read to its last byte.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "c2c/base/error.h"
#include "c2c/io/formats/dequantize.h"
#include "c2c/io/formats/descriptor.h"
#include "c2c/io/formats/source.h"

namespace c2c::fuzz {

inline std::shared_ptr<ByteSource> source_of(const std::uint8_t* data, std::size_t size) {
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  return memory_source("fuzz", {begin, begin + size});
}

// Converts as a model's loading would; integer types are only read.
inline void read_tensor(const TensorInfo& info) {
  const std::int64_t numel = info.numel();
  if (info.data.size() != tensor_bytes(info.dtype, numel)) std::abort();
  std::uint64_t sum = 0;
  for (const std::byte byte : info.data) sum += static_cast<std::uint64_t>(byte);
  volatile std::uint64_t keep = sum;
  (void)keep;
  switch (info.dtype) {
    case DType::kI64:
    case DType::kI32:
    case DType::kI16:
    case DType::kI8:
    case DType::kU8:
    case DType::kBool:
      return;
    default:
      break;
  }
  std::vector<float> floats(static_cast<std::size_t>(numel));
  dequantize_to_float(info.dtype, info.data, floats.data(), numel);
  std::vector<std::uint16_t> rounded(static_cast<std::size_t>(numel));
  dequantize_to_bfloat16(info.dtype, info.data, rounded.data(), numel);
}

// A user's mistake is what bad bytes must lead to; a broken invariant of ours is a finding.
template <class Action>
int check(Action action) {
  try {
    action();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) throw;
  }
  return 0;
}

}  // namespace c2c::fuzz
