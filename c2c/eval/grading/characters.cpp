#include "c2c/eval/grading/characters.h"

#include <algorithm>
#include <iterator>

namespace c2c::grading {
namespace {

struct Range {
  char32_t first, last;
};
constexpr Range kWordRanges[] = {
#include "c2c/eval/grading/word_ranges.inc"
};

struct LowerRange {
  char32_t first, last;
  int stride, difference;
};
constexpr LowerRange kLowerRanges[] = {
#include "c2c/eval/grading/lower_ranges.inc"
};

// The last range that starts at or before `c`, or null.
template <class T, std::size_t N>
const T* range_of(const T (&ranges)[N], char32_t c) {
  const T* after =
      std::upper_bound(std::begin(ranges), std::end(ranges), c, [](char32_t x, const T& r) { return x < r.first; });
  if (after == std::begin(ranges)) return nullptr;
  const T* range = after - 1;
  return c <= range->last ? range : nullptr;
}

// Zeros of the scripts that have decimal digits (category Nd); the nine others follow each.
constexpr char32_t kZeros[] = {0x30,    0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,   0xB66,   0xBE6,
                               0xC66,   0xCE6,   0xD66,   0xDE6,   0xE50,   0xED0,   0xF20,   0x1040,  0x1090,  0x17E0,
                               0x1810,  0x1946,  0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,
                               0xA8D0,  0xA900,  0xA9D0,  0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066,
                               0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0,
                               0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2,
                               0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0};

}  // namespace

bool is_digit(char32_t c) {
  if (c < 0x80) return is_ascii_digit(c);
  const char32_t* after = std::upper_bound(std::begin(kZeros), std::end(kZeros), c);
  return after != std::begin(kZeros) && c - *(after - 1) < 10;
}

bool is_word(char32_t c) {
  if (c < 0x80) return is_ascii_digit(c) || is_ascii_letter(c) || c == U'_';
  return range_of(kWordRanges, c) != nullptr;
}

bool is_space(char32_t c) {
  if (c < 0x80) return c == U' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

char32_t lower(char32_t c) {
  if (c < 0x80) return c >= U'A' && c <= U'Z' ? c + 32 : c;
  if (c == 0x130) return U'i';  // re's IGNORECASE; str.lower() adds a combining dot
  const LowerRange* range = range_of(kLowerRanges, c);
  if (range == nullptr || (c - range->first) % static_cast<char32_t>(range->stride) != 0) return c;
  return static_cast<char32_t>(static_cast<std::int64_t>(c) + range->difference);
}

std::u32string lower(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    out += lower(c);
    if (c == 0x130) out += char32_t{0x307};
  }
  return out;
}

std::u32string_view strip(std::u32string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::u32string> split(std::u32string_view text) {
  std::vector<std::u32string> out;
  std::size_t i = 0;
  while (i < text.size()) {
    while (i < text.size() && is_space(text[i])) ++i;
    const std::size_t begin = i;
    while (i < text.size() && !is_space(text[i])) ++i;
    if (i > begin) out.emplace_back(text.substr(begin, i - begin));
  }
  return out;
}

}  // namespace c2c::grading
