// One token stream's keys and values of one layer, wherever they lie: what decode attention reads.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace c2c {

// kQ8: int8 with one float32 scale for each token and head.
enum class KvFormat : std::uint8_t { kF32, kBf16, kQ8 };

std::string_view kv_format_name(KvFormat format);                    // "f32", "bf16", "q8"
std::optional<KvFormat> kv_format_from_name(std::string_view name);  // nothing: no such name
std::int64_t kv_element_bytes(KvFormat format);

namespace kernels {

// The numbers of a token of a head lie behind each other.
struct KvSide {
  const std::byte* data = nullptr;                 // token 0 of head 0
  std::int64_t head_stride = 0, token_stride = 0;  // bytes
  const float* scales = nullptr;                   // kQ8: of token 0 of head 0, those of a head behind each other
  std::int64_t scale_stride = 0;                   // floats from head to head

  const std::byte* at(std::int64_t head, std::int64_t token) const {
    return data + head * head_stride + token * token_stride;
  }
  const float* scale_at(std::int64_t head, std::int64_t token) const { return scales + head * scale_stride + token; }
};

struct KvView {
  KvFormat format = KvFormat::kF32;
  KvSide key, value;
  std::int64_t tokens = 0, kv_heads = 0, head_size = 0;
};

// Where one token's keys and values go: heads lie `head_stride` bytes apart, their scales `scale_stride` floats.
struct KvPlace {
  KvFormat format = KvFormat::kF32;
  std::byte *key = nullptr, *value = nullptr;
  float *key_scale = nullptr, *value_scale = nullptr;  // kQ8
  std::int64_t head_stride = 0, scale_stride = 0;      // of both sides
};

}  // namespace kernels
}  // namespace c2c
