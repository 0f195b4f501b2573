// How a packed weight's numbers are held. The arrangement in memory is packed_layout.h's.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace c2c {

// kQ8, kQ4: signed 8 and 4 bits with one 16-bit scale for 32 numbers along the input (ggml's Q8_0 and Q4_0 repack
// exactly): 8.5 and 4.5 bits a weight.
enum class WeightFormat : std::uint8_t { kF32, kBf16, kQ8, kQ4 };

std::string_view weight_format_name(WeightFormat format);                    // "f32", "bf16", "q8", "q4"
std::optional<WeightFormat> weight_format_from_name(std::string_view name);  // nothing: no such name

}  // namespace c2c
