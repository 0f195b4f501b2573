// Hash of short byte strings for the flat tables of this folder. Not for untrusted-collision resistance: a hostile
// vocabulary can make a table slow, never wrong.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace c2c::tok {

inline std::uint64_t mix64(std::uint64_t value) {
  value ^= value >> 32;
  value *= 0xD6E8FEB86659FD93ull;
  value ^= value >> 32;
  value *= 0xD6E8FEB86659FD93ull;
  return value ^ (value >> 32);
}

inline std::uint64_t hash_bytes(std::string_view bytes) {
  const char* p = bytes.data();
  std::size_t n = bytes.size();
  std::uint64_t hash = n * 0x9E3779B97F4A7C15ull, word = 0;
  const auto fold = [&hash](std::uint64_t w) {
    hash = (hash ^ w) * 0xA0761D6478BD642Full;
    hash ^= hash >> 29;
  };
  for (; n >= 8; p += 8, n -= 8) {
    std::memcpy(&word, p, 8);
    fold(word);
  }
  if (n >= 4) {
    std::uint32_t low, high;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + n - 4, 4);
    fold(low | static_cast<std::uint64_t>(high) << 32);
  } else if (n > 0) {
    const auto byte = [p](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])); };
    fold(byte(0) | byte(n / 2) << 8 | byte(n - 1) << 16);
  }
  hash *= 0xE7037ED1A0B428DBull;
  return hash ^ (hash >> 32);
}

// Smallest power of two that holds `count` entries at a load of at most 5/8.
inline std::size_t table_size(std::size_t count) {
  std::size_t size = 16;
  while (size / 8 * 5 < count) size *= 2;
  return size;
}

}  // namespace c2c::tok
