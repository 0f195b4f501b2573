// LaTeX cleaned before it is parsed: boxes opened, formatting and units dropped, as latex2sympy2_extended 1.11.0's
// normalize_latex does with the settings that the evaluator gives.
#pragma once
#include <string>
#include <string_view>

#include "c2c/eval/grading/pattern.h"

namespace c2c::grading {

struct NormalOptions {
  bool last_box = false;             // only the last box (and those close before it), not all of them
  bool nits = false;                 // ".5" and "0.5"
  bool malformed_operators = false;  // \frac12, \sqrt3, 1/2, ^(..)
};

std::u32string normal_latex(std::u32string_view text, const NormalOptions& options, Budget& budget);

// Contents of \boxed{} and \fbox{}, joined by commas (of equal ones in a row, one); the whole text where there is none.
std::u32string boxed_content(std::u32string_view text, bool last_only, Budget& budget);

}  // namespace c2c::grading
