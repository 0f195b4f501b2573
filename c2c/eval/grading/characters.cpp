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

}  // namespace

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
