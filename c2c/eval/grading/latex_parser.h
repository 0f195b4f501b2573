// LaTeX of an answer as an expression, read as latex2sympy2_extended 1.11.0 reads it.
#pragma once
#include <string_view>

#include "c2c/eval/grading/expression.h"
#include "c2c/eval/grading/latex_tokens.h"

namespace c2c::grading {

// Throws ParseFailed where the text is not of the grammar or holds what is not computed here (limits, integrals,
// derivatives, eigenvalues). `real`: symbols are real numbers.
Expr parse_latex(std::u32string_view latex, bool real, Budget& budget);

}  // namespace c2c::grading
