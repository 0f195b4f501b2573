// Arithmetic written without LaTeX, "3*4" or "2/(1+5)^2", as Python reads it.
#pragma once
#include <string_view>

#include "c2c/eval/grading/expression.h"
#include "c2c/eval/grading/pattern.h"

namespace c2c::grading {

// Numbers, + - * / // ** ^ and parentheses. Throws ParseFailed for what Python refuses.
Expr parse_plain(std::u32string_view text, Budget& budget);

}  // namespace c2c::grading
