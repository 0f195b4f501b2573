// What Mode::kFixed adds to the graders of mathematics: the whole announced answer is read, not its first number.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "c2c/eval/grading/math_extract.h"

namespace c2c::grading {

struct FixedMath {
  bool correct;
  std::string answer;
};

// All of `latex`, cleaned and with malformed operators repaired.
Extraction whole_latex(std::u32string_view latex, Budget& budget);

// The rest of the last line after "Answer:" read as a whole. Nothing where there is none or where it holds words, so
// that the reference's search stands. `found_right`: what that search decided.
std::optional<FixedMath> fixed_math(std::u32string_view reply, const Extraction& truth, bool found_right,
                                    Budget& budget);

}  // namespace c2c::grading
