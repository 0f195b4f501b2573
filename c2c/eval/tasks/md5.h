// MD5 (RFC 1321), which seeds the order of GPQA's options in the reference. Not for anything that must be secure.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace c2c {

std::array<std::uint8_t, 16> md5_of(std::string_view text);

}  // namespace c2c
