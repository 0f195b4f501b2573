// The letter that a reply to a multiple-choice question gives. docs/grading.md lists where kFixed differs and why.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

namespace c2c::grading {

enum class Mode {
  kExact,  // as the reference grades, its mistakes included
  kFixed,  // what a careful reader would grade
};

inline constexpr int kMaxOptions = 26;

// `options`: how many letters the question offers, from 'A' on; kExact knows only A to D whatever is given.
// Throws kUsage when it is not in 1 to kMaxOptions. Nothing: the reply names no letter.
std::optional<char> extract_letter(std::string_view reply, Mode mode, int options = 4);

// The reference's parse_answer (evaluate.py): digits 0 to 3 anywhere in the text as letters A to D, sorted, each once.
std::vector<char> parse_answer_digits(std::string_view text);

}  // namespace c2c::grading
