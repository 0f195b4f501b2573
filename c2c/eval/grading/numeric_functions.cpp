#include "c2c/eval/grading/numeric_functions.h"

#include <algorithm>
#include <cmath>

namespace c2c::grading {
namespace {

using std::string_view;

long double real_part(const Complex& value) {
  if (std::abs(value.imag()) > 1e-12L * (1 + std::abs(value.real()))) throw NotComputed{};
  return value.real();
}

// floor that forgives what rounding left below a whole number.
long double floor_of(long double value) {
  const long double nearest = std::nearbyint(value);
  return std::abs(value - nearest) < 1e-15L * (1 + std::abs(value)) ? nearest : std::floor(value);
}

struct Named {
  string_view name;
  Complex (*value)(const Complex&);
};
constexpr Named kOfOne[] = {
    {"sin", [](const Complex& x) { return std::sin(x); }},
    {"cos", [](const Complex& x) { return std::cos(x); }},
    {"tan", [](const Complex& x) { return std::tan(x); }},
    {"csc", [](const Complex& x) { return 1.0L / std::sin(x); }},
    {"sec", [](const Complex& x) { return 1.0L / std::cos(x); }},
    {"cot", [](const Complex& x) { return 1.0L / std::tan(x); }},
    {"asin", [](const Complex& x) { return std::asin(x); }},
    {"acos", [](const Complex& x) { return std::acos(x); }},
    {"atan", [](const Complex& x) { return std::atan(x); }},
    {"acsc", [](const Complex& x) { return std::asin(1.0L / x); }},
    {"asec", [](const Complex& x) { return std::acos(1.0L / x); }},
    {"acot", [](const Complex& x) { return std::atan(1.0L / x); }},
    {"sinh", [](const Complex& x) { return std::sinh(x); }},
    {"cosh", [](const Complex& x) { return std::cosh(x); }},
    {"tanh", [](const Complex& x) { return std::tanh(x); }},
    {"asinh", [](const Complex& x) { return std::asinh(x); }},
    {"acosh", [](const Complex& x) { return std::acosh(x); }},
    {"atanh", [](const Complex& x) { return std::atanh(x); }},
    {"abs", [](const Complex& x) { return Complex(std::abs(x), 0); }},
    {"floor", [](const Complex& x) { return Complex(floor_of(real_part(x)), 0); }},
    {"ceil", [](const Complex& x) { return Complex(-floor_of(-real_part(x)), 0); }},
    {"gamma", [](const Complex& x) { return Complex(std::tgamma(real_part(x)), 0); }},
    {"factorial", [](const Complex& x) { return Complex(std::tgamma(real_part(x) + 1), 0); }},
};

BigInteger whole(const Rational& value) {
  if (!value.is_integer()) throw NotComputed{};
  return value.top();
}
std::int64_t small_whole(const Rational& value, std::int64_t most) {
  bool fits = false;
  const std::int64_t out = whole(value).to_int64(fits);
  if (!fits || out < 0 || out > most) throw NotComputed{};
  return out;
}

Rational factorial(const Rational& value) {
  BigInteger out = 1;
  for (std::int64_t i = small_whole(value, 1200); i > 1; --i) out = out * BigInteger(i);
  return out;
}

Rational binomial(const Rational& upper, const Rational& lower) {
  const std::int64_t k = small_whole(lower, 1200);
  const BigInteger n = whole(upper);
  Rational out = 1;
  for (std::int64_t i = 0; i < k; ++i) out = out * Rational(n - BigInteger(i), BigInteger(i + 1));
  return out;
}

Rational common(string_view name, const std::vector<Rational>& args) {
  BigInteger out = whole(args[0]).abs();
  for (std::size_t i = 1; i < args.size(); ++i) {
    const BigInteger next = whole(args[i]).abs();
    const BigInteger divisor = BigInteger::gcd(out, next);
    if (name == "gcd") {
      out = divisor;
    } else {
      out = divisor.is_zero() ? divisor : out / divisor * next;
    }
  }
  return out;
}

// Only powers of the base: other logarithms are no fractions, or fractions that are compared by value.
Rational logarithm(const Rational& value, const Rational& base) {
  if (!(Rational(0) < value) || !(Rational(1) < base)) throw NotComputed{};
  bool below = value < Rational(1);
  const Rational wanted = below ? Rational(1) / value : value;
  Rational power = 1;
  for (std::int64_t exponent = 0; exponent < 2000; ++exponent) {
    if (power == wanted) return below ? -exponent : exponent;
    if (wanted < power) break;
    power = power * base;
  }
  throw NotComputed{};
}

}  // namespace

Value sum_of(const Value& a, const Value& b) {
  if (a.columns != b.columns || a.cells.size() != b.cells.size()) throw NotComputed{};
  Value out = a;
  for (std::size_t i = 0; i < out.cells.size(); ++i) out.cells[i] += b.cells[i];
  return out;
}

Value product_of(const Value& a, const Value& b, Budget& budget) {
  if (a.columns == 0 || b.columns == 0) {
    Value out = a.columns == 0 ? b : a;
    const Complex by = a.columns == 0 ? a.cells[0] : b.cells[0];
    for (Complex& cell : out.cells) cell *= by;
    return out;
  }
  const std::size_t rows = a.cells.size() / a.columns;
  if (b.cells.size() != a.columns * b.columns) throw NotComputed{};
  budget.spend(static_cast<std::int64_t>(rows * a.columns * b.columns));
  Value out;
  out.columns = b.columns;
  out.cells.assign(rows * b.columns, 0);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < b.columns; ++j)
      for (std::size_t k = 0; k < a.columns; ++k)
        out.cells[i * b.columns + j] += a.cells[i * a.columns + k] * b.cells[k * b.columns + j];
  return out;
}

Complex power_of(Complex base, Complex exponent) {
  const long double times = exponent.real();
  if (exponent.imag() == 0) {
    if (times == std::floor(times) && std::abs(times) <= 4096) {
      Complex out = 1;
      Complex square = base;
      for (auto left = static_cast<unsigned>(std::abs(times)); left != 0; left >>= 1) {
        if ((left & 1) != 0) out *= square;
        square *= square;
      }
      return times < 0 ? 1.0L / out : out;
    }
    if (base.imag() == 0 && base.real() >= 0) return std::pow(base.real(), times);
  }
  if (base == Complex(0, 0)) throw NotComputed{};
  // A value on the negative axis lies on the upper side of the cut, whatever the sign of its zero.
  if (base.imag() == 0) base = Complex(base.real(), 0.0L);
  return std::exp(exponent * std::log(base));
}

Complex determinant(Value matrix, Budget& budget) {
  const std::size_t n = matrix.columns;
  if (n == 0 || matrix.cells.size() != n * n) throw NotComputed{};
  budget.spend(static_cast<std::int64_t>(n * n * n));
  const auto cell = [&](std::size_t i, std::size_t j) -> Complex& { return matrix.cells[i * n + j]; };
  Complex out = 1;
  for (std::size_t column = 0; column < n; ++column) {
    std::size_t pivot = column;
    for (std::size_t i = column + 1; i < n; ++i)
      if (std::abs(cell(i, column)) > std::abs(cell(pivot, column))) pivot = i;
    if (cell(pivot, column) == Complex(0, 0)) return 0;
    if (pivot != column) {
      for (std::size_t j = 0; j < n; ++j) std::swap(cell(pivot, j), cell(column, j));
      out = -out;
    }
    out *= cell(column, column);
    for (std::size_t i = column + 1; i < n; ++i) {
      const Complex by = cell(i, column) / cell(column, column);
      for (std::size_t j = column; j < n; ++j) cell(i, j) -= by * cell(column, j);
    }
  }
  return out;
}

Complex call_function(string_view name, const std::vector<Complex>& args) {
  if (name == "EulerGamma") return 0.57721566490153286060651209008240243L;
  if (args.size() == 1)
    for (const Named& named : kOfOne)
      if (named.name == name) return named.value(args[0]);
  if (args.size() == 2 && name == "log") return std::log(args[0]) / std::log(args[1]);
  if (args.size() == 2 && name == "mod") {
    const long double a = real_part(args[0]);
    const long double b = real_part(args[1]);
    return a - b * floor_of(a / b);
  }
  if (args.size() == 2 && name == "binomial") {
    const long double n = real_part(args[0]);
    const long double k = real_part(args[1]);
    return std::tgamma(n + 1) / (std::tgamma(k + 1) * std::tgamma(n - k + 1));
  }
  if (name == "max" || name == "min") {
    long double out = real_part(args.at(0));
    for (const Complex& arg : args) out = name == "max" ? std::max(out, real_part(arg)) : std::min(out, real_part(arg));
    return out;
  }
  throw NotComputed{};
}

Rational call_exact_function(string_view name, const std::vector<Rational>& args) {
  if (args.empty()) throw NotComputed{};
  if (name == "floor") return args[0].floor();
  if (name == "ceil") return -((-args[0]).floor());
  if (name == "abs") return args[0].is_negative() ? -args[0] : args[0];
  if (name == "factorial") return factorial(args[0]);
  if (name == "gcd" || name == "lcm") return common(name, args);
  if (name == "max") return *std::max_element(args.begin(), args.end());
  if (name == "min") return *std::min_element(args.begin(), args.end());
  if (args.size() == 2 && name == "binomial") return binomial(args[0], args[1]);
  if (args.size() == 2 && name == "log") return logarithm(args[0], args[1]);
  if (args.size() == 2 && name == "mod" && !args[1].is_zero())
    return args[0] - args[1] * Rational((args[0] / args[1]).floor());
  throw NotComputed{};
}

}  // namespace c2c::grading
