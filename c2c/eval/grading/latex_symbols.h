// Names of symbols as latex2sympy2_extended forms them.
#pragma once
#include <string>
#include <string_view>

#include "c2c/eval/grading/expression.h"

namespace c2c::grading {

// Of a command with braces, \text{Evelyn} or \vec{x}: formatting is dropped, accents become a prefix.
std::string accent_name(std::string_view command);
// Lower-cased; pi (and Pi) is the number, gamma Euler's constant.
Expr symbol_of(std::string_view name, bool real);
// A symbol, or anything made of symbols alone.
bool only_symbols(const Expr& expr);

}  // namespace c2c::grading
