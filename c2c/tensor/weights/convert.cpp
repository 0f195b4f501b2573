#include "c2c/tensor/weights/convert.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#include "c2c/base/error.h"
#include "c2c/io/formats/dequantize.h"
#include "c2c/tensor/weights/weight_source.h"

namespace c2c {
namespace {

// Elements converted at a time: a multiple of every block size, about a MiB, so that pages are given back early.
constexpr std::int64_t kChunk = std::int64_t{1} << 18;

bool is_float_kind(DType type) {
  return dtype_is_quantized(type) || c10::isFloatingType(scalar_type_of(type));
}

// Through a small tensor of the file's own type: the pairs that have no direct loop.
void convert_by_copy(DType type, Bytes source, at::Tensor out) {
  at::Tensor plain = at::empty({out.numel()}, scalar_type_of(type));
  if (dtype_is_quantized(type))
    dequantize_to_float(type, source, plain.data_ptr<float>(), plain.numel());
  else
    std::memcpy(plain.data_ptr(), source.data(), source.size());
  out.copy_(plain);
}

void convert_chunk(DType type, Bytes source, const at::Tensor& out) {
  const bool floats = is_float_kind(type) && type != DType::kF64;
  if (!dtype_is_quantized(type) && scalar_type_of(type) == out.scalar_type())
    std::memcpy(out.data_ptr(), source.data(), source.size());
  else if (floats && out.scalar_type() == at::kFloat)
    dequantize_to_float(type, source, out.data_ptr<float>(), out.numel());
  else if (floats && out.scalar_type() == at::kBFloat16)
    dequantize_to_bfloat16(type, source, static_cast<std::uint16_t*>(out.data_ptr()), out.numel());
  else
    convert_by_copy(type, source, out);
}

}  // namespace

at::Tensor convert_tensor(const TensorInfo& info, at::ScalarType dtype, const std::function<void(Bytes)>& done) {
  if (dtype_is_quantized(info.dtype) && !c10::isFloatingType(dtype))
    fail_input({.where = info.name,
                .found = "block type " + std::string(dtype_name(info.dtype)),
                .expected = "a floating-point type to convert it to"});
  const std::int64_t numel = info.numel();
  C2C_CHECK(info.data.size() == tensor_bytes(info.dtype, numel), "tensor bytes do not fit its shape");
  at::Tensor out = at::empty(info.shape, at::TensorOptions(dtype));
  if (numel == 0) return out;
  const at::Tensor flat = out.view({numel});
  at::parallel_for(0, (numel + kChunk - 1) / kChunk, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t chunk = begin; chunk < end; ++chunk) {
      const std::int64_t first = chunk * kChunk;
      const std::int64_t count = std::min(kChunk, numel - first);
      const Bytes part = info.data.subspan(tensor_bytes(info.dtype, first), tensor_bytes(info.dtype, count));
      convert_chunk(info.dtype, part, flat.narrow(0, first, count));
      if (done) done(part);
    }
  });
  return out;
}

}  // namespace c2c
