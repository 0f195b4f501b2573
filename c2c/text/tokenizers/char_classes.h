// Unicode properties of every character in one table, filled from Oniguruma's own ranges: the hand-written splitters
// and the regex engine cannot disagree on what a letter is. Characters newer than the Unicode version of the installed
// Oniguruma (Debian 12: 14) have no class yet.
#pragma once
#include <cstdint>
#include <vector>

namespace c2c::tok {

enum CharClass : std::uint8_t {
  kLetter = 1,        // \p{L}
  kNumber = 2,        // \p{N}
  kSpace = 4,         // \s, White_Space
  kMark = 8,          // \p{M}
  kPunctuation = 16,  // \p{P} and ASCII punctuation
  kWord = 32,         // Rust's \w: Alphabetic, M, Nd, Pc, Join_Control
};

class CharClasses {
 public:
  static const CharClasses& get();
  std::uint8_t of(char32_t c) const { return table_[c]; }  // precondition: c <= 0x10FFFF
  bool is(char32_t c, std::uint8_t classes) const { return (table_[c] & classes) != 0; }

 private:
  CharClasses();
  std::vector<std::uint8_t> table_;
};

}  // namespace c2c::tok
