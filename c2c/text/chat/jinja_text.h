// Python's str methods on UTF-8: positions and lengths are code points, case mapping is Unicode's. Bytes that are not
// valid UTF-8 count as one character per maximal invalid subpart and are kept as they are.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace c2c::jinja {

bool is_space(char32_t c);      // str.isspace, also what \s matches
bool is_word(char32_t c);       // what may be in an identifier
bool is_printable(char32_t c);  // str.isprintable

std::size_t count_characters(std::string_view text);
std::vector<std::string_view> characters(std::string_view text);
// Where a Python slice of a sequence of `size` starts and how many items it has. step != 0.
struct SliceRange {
  std::int64_t start, count;
};
SliceRange resolve_slice(std::int64_t size, std::optional<std::int64_t> start, std::optional<std::int64_t> stop,
                         std::int64_t step);
// Python's text[start:stop:step]; absent bounds as in Python. step != 0.
std::string slice_text(std::string_view text, std::optional<std::int64_t> start, std::optional<std::int64_t> stop,
                       std::int64_t step);
// The code points [begin, end), clamped.
std::string_view sub_text(std::string_view text, std::size_t begin, std::size_t end);

// Byte position of the first occurrence at or after `from`, or npos; linear time.
std::size_t find_text(std::string_view text, std::string_view what, std::size_t from = 0);
std::size_t rfind_text(std::string_view text, std::string_view what);

// `chars`: the characters to strip; absent: white space.
std::string_view strip(std::string_view text, std::optional<std::string_view> chars, bool left, bool right);
std::vector<std::string_view> split(std::string_view text, std::string_view separator, std::int64_t max_split);
std::vector<std::string_view> split_spaces(std::string_view text, std::int64_t max_split);
std::vector<std::string_view> rsplit(std::string_view text, std::string_view separator, std::int64_t max_split);
std::vector<std::string_view> rsplit_spaces(std::string_view text, std::int64_t max_split);
std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends);
// count < 0: all.
std::string replace(std::string_view text, std::string_view from, std::string_view to, std::int64_t count);

std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
std::string to_title(std::string_view text);        // str.title
std::string to_capitalized(std::string_view text);  // str.capitalize
std::string swap_case(std::string_view text);

enum class TextClass { kAlpha, kDigit, kAlnum, kSpace, kUpper, kLower };
// str.isalpha and so on: not empty and every character fits (cased ones, for upper and lower).
bool all_of_class(std::string_view text, TextClass what);

}  // namespace c2c::jinja
