// CRC-32C (Castagnoli, RFC 3720 B.4), as the records of TensorBoard's event files carry it.
#pragma once
#include <cstdint>
#include <string_view>

namespace c2c {

std::uint32_t crc32c(std::string_view bytes);
// Rotated and offset, so that the sum of data that holds such sums stays a good one (TFRecord).
std::uint32_t masked_crc32c(std::string_view bytes);

}  // namespace c2c
