// Block formats of ggml to float32, the scalar definition (ggml-quants.c; transformers' gguf-py gives the same bits).
#pragma once
#include "c2c/io/formats/descriptor.h"

namespace c2c {

// `numel` elements of `type` at `source` (exactly tensor_bytes(type, numel) bytes) to float32. All float, bfloat16,
// half and block types; throws for integer types.
void dequantize_to_float(DType type, Bytes source, float* out, std::int64_t numel);
// The same, rounded to nearest even bfloat16 (as raw 16 bits): no float32 copy of the whole tensor is made.
void dequantize_to_bfloat16(DType type, Bytes source, std::uint16_t* out, std::int64_t numel);

}  // namespace c2c
