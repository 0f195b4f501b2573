#include "c2c/tensor/kernels/kv_view.h"

#include <array>

namespace c2c {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"f32", "bf16", "q8"};
constexpr std::array<std::int64_t, 3> kBytes = {4, 2, 1};

}  // namespace

std::string_view kv_format_name(KvFormat format) {
  return kNames[static_cast<std::size_t>(format)];
}

std::optional<KvFormat> kv_format_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<KvFormat>(i);
  return {};
}

std::int64_t kv_element_bytes(KvFormat format) {
  return kBytes[static_cast<std::size_t>(format)];
}

}  // namespace c2c
