// Fast steps over text that is known to be valid UTF-8 (checked once, at the door of encode()).
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace c2c::tok {

inline bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

// Bytes of the character that starts with `lead`.
inline std::size_t char_size(char lead) {
  const auto b = static_cast<unsigned char>(lead);
  return b < 0x80 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
}

// The character at `p`, and `p` moved past it.
inline char32_t next_char(const char*& p) {
  const auto byte = [&p](int i) { return static_cast<char32_t>(static_cast<unsigned char>(p[i])); };
  const char32_t first = byte(0);
  if (first < 0x80) return ++p, first;
  char32_t value;
  if (first < 0xE0) {
    value = (first & 0x1F) << 6 | (byte(1) & 0x3F);
    p += 2;
  } else if (first < 0xF0) {
    value = (first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    p += 3;
  } else {
    value = (first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    p += 4;
  }
  return value;
}
inline char32_t char_at(std::string_view text, std::size_t position) {
  const char* p = text.data() + position;
  return next_char(p);
}
// Start of the character that ends before `position` (> 0).
inline std::size_t previous_char(std::string_view text, std::size_t position) {
  do --position;
  while (position > 0 && is_continuation(text[position]));
  return position;
}

inline std::size_t count_chars(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += !is_continuation(c);
  return count;
}

// Length of the ASCII prefix.
inline std::size_t ascii_prefix(std::string_view text) {
  std::size_t i = 0;
  for (std::uint64_t word; i + 8 <= text.size(); i += 8) {
    std::memcpy(&word, text.data() + i, 8);
    if ((word & 0x8080808080808080ull) != 0) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

}  // namespace c2c::tok
