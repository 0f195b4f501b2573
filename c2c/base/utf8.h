// UTF-8 in and out. Positions are bytes unless a name says code points.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace c2c {

inline constexpr char32_t kReplacementCharacter = 0xFFFD;

struct DecodedCodePoint {
  char32_t value;    // kReplacementCharacter where the bytes are not valid UTF-8
  std::size_t size;  // bytes consumed, at least 1 (maximal invalid subpart, as Unicode 3.9 recommends)
  bool valid;
};

// Precondition: position < text.size(). Rejects overlong forms, surrogates and values past U+10FFFF.
DecodedCodePoint decode_code_point(std::string_view text, std::size_t position);
void append_utf8(std::string& out, char32_t code_point);

// Index of the first invalid byte, or npos.
std::size_t find_invalid_utf8(std::string_view text);
inline bool is_valid_utf8(std::string_view text) {
  return find_invalid_utf8(text) == std::string_view::npos;
}
// Invalid bytes become U+FFFD, one per maximal invalid subpart (as Python's errors="replace" does).
std::string sanitize_utf8(std::string_view text);
// Number of code points; every invalid maximal subpart counts as one.
std::size_t count_code_points(std::string_view text);
std::u32string to_utf32(std::string_view text);
std::string to_utf8(std::u32string_view text);
// Bytes at the end of `text` that start a character whose rest is missing (0 to 3).
std::size_t incomplete_suffix(std::string_view text);

}  // namespace c2c
