#include "c2c/tensor/kernels/weight_format.h"

#include <array>

namespace c2c {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"f32", "bf16", "q8", "q4"};

}  // namespace

std::string_view weight_format_name(WeightFormat format) {
  return kNames[static_cast<std::size_t>(format)];
}

std::optional<WeightFormat> weight_format_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<WeightFormat>(i);
  return {};
}

}  // namespace c2c
