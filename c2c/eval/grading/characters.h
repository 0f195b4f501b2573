// What Python's str methods and `re` say of a character, so that rules written for Python mean the same here.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace c2c::grading {

bool is_word(char32_t c);   // re's \w: str.isalnum() or '_'
bool is_space(char32_t c);  // str.isspace(), re's \s
bool is_digit(char32_t c);  // re's \d: decimal digits of any script
inline bool is_ascii_digit(char32_t c) {
  return c >= U'0' && c <= U'9';
}
inline bool is_ascii_letter(char32_t c) {
  return (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
}
char32_t lower(char32_t c);                      // simple mapping: one code point to one
std::u32string lower(std::u32string_view text);  // str.lower(), but for the final sigma
std::u32string_view strip(std::u32string_view text);
// str.split(): pieces between runs of white space, none of them empty.
std::vector<std::u32string> split(std::u32string_view text);

}  // namespace c2c::grading
