// Values of expressions: exact where they are fractions, else in extended precision at fixed points for their symbols.
#pragma once
#include <complex>
#include <optional>
#include <vector>

#include "c2c/eval/grading/expression.h"
#include "c2c/eval/grading/pattern.h"

namespace c2c::grading {

using Complex = std::complex<long double>;

// A number (columns 0) or a matrix, row by row.
struct Value {
  std::vector<Complex> cells;
  std::size_t columns = 0;
};

// At one of the points, numbered from 0: the same symbol has the same value in every expression. Nothing where the
// value is not finite or not computable.
std::optional<Value> evaluate(const Expr& expr, unsigned point, Budget& budget);

// Nothing where the value is no fraction, or none of reasonable size, or holds symbols.
std::optional<Rational> exact_value(const Expr& expr, Budget& budget);

bool has_symbols(const Expr& expr);  // or calls of unknown functions

// -1, 0 or 1 for two real numbers, infinite ones too; nothing for other expressions.
std::optional<int> compare_numbers(const Expr& a, const Expr& b, Budget& budget);

// The same value: exactly for fractions, to 15 digits for other numbers, at every point for expressions with symbols.
bool equal_values(const Expr& a, const Expr& b, Budget& budget);
// One difference is a constant multiple (not zero) of the other at every point: two equations that say the same.
bool proportional(const Expr& a, const Expr& b, Budget& budget);

}  // namespace c2c::grading
