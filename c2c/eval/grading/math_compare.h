// Whether two answers say the same, as math_verify 0.9.0's verify decides: not symmetric, since the truth's form leads.
#pragma once
#include "c2c/eval/grading/expression.h"
#include "c2c/eval/grading/pattern.h"

namespace c2c::grading {

bool same_answer(const Expr& truth, const Expr& answer, Budget& budget);

}  // namespace c2c::grading
