// The functions that answers are made of, by the names that the parser gives them.
#pragma once
#include <complex>
#include <string_view>
#include <vector>

#include "c2c/eval/grading/numeric.h"

namespace c2c::grading {

struct NotComputed {};  // not a number, or not one that is worked out here

Value sum_of(const Value& a, const Value& b);  // throws NotComputed for different shapes
Value product_of(const Value& a, const Value& b, Budget& budget);
Complex power_of(Complex base, Complex exponent);  // principal value
Complex determinant(Value matrix, Budget& budget);
Complex call_function(std::string_view name, const std::vector<Complex>& args);
// floor, ceil, abs, gcd, lcm, max, min, mod, factorial and binomial of fractions, and logarithms that are whole.
Rational call_exact_function(std::string_view name, const std::vector<Rational>& args);

}  // namespace c2c::grading
