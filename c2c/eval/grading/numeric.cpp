#include "c2c/eval/grading/numeric.h"

#include <algorithm>
#include <cmath>

#include "c2c/eval/grading/numeric_functions.h"

namespace c2c::grading {
namespace {

constexpr unsigned kPoints = 6;

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash ^= value + 0x9E3779B97F4A7C15ULL + (hash << 6) + (hash >> 2);
  hash *= 0xBF58476D1CE4E5B9ULL;
  return hash ^ (hash >> 29);
}
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  for (const char c : text) seed = mix(seed, static_cast<unsigned char>(c));
  return seed;
}
// 0 to 1.
long double unit(std::uint64_t hash) {
  return static_cast<long double>(mix(hash, 7) >> 11) / static_cast<long double>(1ULL << 53);
}

class Evaluator {
 public:
  Evaluator(unsigned point, Budget& budget) : point_(point), budget_(budget) {}

  Value of(const Expr& expr) {
    budget_.spend(20);
    switch (expr->kind) {
      case Kind::kNumber:
        return scalar(expr->number.to_long_double());
      case Kind::kInfinity:
        return scalar(expr->number.is_negative() ? -INFINITY : INFINITY);
      case Kind::kPi:
        return scalar(std::acos(-1.0L));
      case Kind::kE:
        return scalar(std::exp(1.0L));
      case Kind::kI:
        return {{Complex(0, 1)}, 0};
      case Kind::kSymbol:
        return {{symbol(*expr)}, 0};
      case Kind::kAdd:
      case Kind::kMul:
        return folded(*expr);
      case Kind::kPow:
        return raised(of(expr->args[0]), expr->args[1]);
      case Kind::kFunction:
        return function(*expr);
      case Kind::kCall:
        return call(*expr);
      case Kind::kMatrix:
        return matrix(*expr);
      default:
        throw NotComputed{};
    }
  }

 private:
  static Value scalar(long double value) { return {{Complex(value, 0)}, 0}; }

  Complex symbol(const Expression& symbol) const {
    for (auto bound = bound_.rbegin(); bound != bound_.rend(); ++bound)
      if (bound->first == symbol.name) return bound->second;
    const std::uint64_t hash = hash_of(symbol.name, mix(symbol.is_real ? 1 : 2, point_));
    // All positive at the first point: some expressions are only defined there.
    const long double size = 0.3L + 2.5L * unit(hash);
    const bool negative = point_ > 0 && (mix(hash, point_) & 64) != 0;
    return {negative ? -size : size, symbol.is_real || point_ == 0 ? 0.0L : unit(mix(hash, 3)) - 0.5L};
  }

  Value folded(const Expression& expr) {
    Value out = of(expr.args[0]);
    for (std::size_t i = 1; i < expr.args.size(); ++i) {
      const Value next = of(expr.args[i]);
      out = expr.kind == Kind::kAdd ? sum_of(out, next) : product_of(out, next, budget_);
    }
    return out;
  }

  Value raised(const Value& base, const Expr& exponent) {
    const Value power = of(exponent);
    if (power.columns != 0) throw NotComputed{};
    if (base.columns == 0) return {{power_of(base.cells[0], power.cells[0])}, 0};
    const long double times = power.cells[0].real();
    if (power.cells[0].imag() != 0 || times != std::floor(times) || times < 1 || times > 64) throw NotComputed{};
    Value out = base;
    for (int i = 1; i < static_cast<int>(times); ++i) out = product_of(out, base, budget_);
    return out;
  }

  Value matrix(const Expression& expr) {
    Value out;
    out.columns = expr.columns;
    for (const Expr& cell : expr.args) out.cells.push_back(single(of(cell)));
    return out;
  }
  static Complex single(const Value& value) {
    if (value.columns != 0) throw NotComputed{};
    return value.cells[0];
  }

  Value function(const Expression& expr) {
    if (expr.name == "sum" || expr.name == "prod") return series(expr);
    if (expr.name == "det") return {{determinant(of(expr.args[0]), budget_)}, 0};
    std::vector<Complex> args;
    for (const Expr& arg : expr.args) args.push_back(single(of(arg)));
    return {{call_function(expr.name, args)}, 0};
  }

  // body, variable, first, last
  Value series(const Expression& expr) {
    if (!expr.args[1]->is(Kind::kSymbol)) throw NotComputed{};
    const Complex first = single(of(expr.args[2]));
    const Complex last = single(of(expr.args[3]));
    const long double count = last.real() - first.real();
    if (!(count >= -1 && count <= 2000) || first.imag() != 0 || last.imag() != 0) throw NotComputed{};
    const bool adds = expr.name == "sum";
    Complex out = adds ? 0 : 1;
    for (long double i = 0; i <= count; ++i) {
      bound_.emplace_back(expr.args[1]->name, first + i);
      const Complex term = single(of(expr.args[0]));
      bound_.pop_back();
      out = adds ? out + term : out * term;
    }
    return {{out}, 0};
  }

  // An unknown function: some number that depends on its name and on where it is called.
  Value call(const Expression& expr) {
    std::uint64_t hash = hash_of(expr.name, point_ + 11);
    for (const Expr& arg : expr.args) {
      const Complex value = single(of(arg));
      if (!std::isfinite(value.real()) || !std::isfinite(value.imag())) throw NotComputed{};
      for (const long double part : {value.real(), value.imag()})
        hash = mix(hash, static_cast<std::uint64_t>(static_cast<std::int64_t>(std::fmod(part, 1e6L) * 1e9L + 0.1L)));
    }
    return scalar(0.3L + unit(hash));
  }

  unsigned point_;
  Budget& budget_;
  std::vector<std::pair<std::string, Complex>> bound_;
};

// Exact values; NotComputed where there is none.
class Exact {
 public:
  explicit Exact(Budget& budget) : budget_(budget) {}

  Rational of(const Expr& expr) {
    budget_.spend(200);
    switch (expr->kind) {
      case Kind::kNumber:
        return expr->number;
      case Kind::kAdd:
      case Kind::kMul: {
        Rational out = of(expr->args[0]);
        for (std::size_t i = 1; i < expr->args.size(); ++i)
          out = expr->is(Kind::kAdd) ? out + of(expr->args[i]) : out * of(expr->args[i]);
        budget_.spend(static_cast<std::int64_t>(out.top().bits() + out.bottom().bits()));
        return out;
      }
      case Kind::kPow: {
        const auto out = Rational::power(of(expr->args[0]), of(expr->args[1]));
        if (!out) throw NotComputed{};
        budget_.spend(10 * static_cast<std::int64_t>(out->top().bits() + out->bottom().bits()));
        return *out;
      }
      case Kind::kFunction:
        return function(*expr);
      default:
        throw NotComputed{};
    }
  }

 private:
  Rational function(const Expression& expr) {
    if (expr.name == "sum" || expr.name == "prod" || expr.name == "det") throw NotComputed{};
    std::vector<Rational> args;
    for (const Expr& arg : expr.args) args.push_back(of(arg));
    return call_exact_function(expr.name, args);
  }
  Budget& budget_;
};

bool is_finite(const Value& value) {
  return std::all_of(value.cells.begin(), value.cells.end(),
                     [](const Complex& c) { return std::isfinite(c.real()) && std::isfinite(c.imag()); });
}

bool near(const Complex& a, const Complex& b, bool symbols) {
  const long double size = std::max(std::abs(a), std::abs(b));
  const long double allowed = symbols ? 1e-12L * (1 + size) : 2e-15L + 1e-16L * size;
  return std::abs(a - b) <= allowed;
}

}  // namespace

std::optional<Value> evaluate(const Expr& expr, unsigned point, Budget& budget) {
  try {
    Value out = Evaluator(point, budget).of(expr);
    if (is_finite(out)) return out;
  } catch (const NotComputed&) {
    // nothing
  }
  return std::nullopt;
}

std::optional<Rational> exact_value(const Expr& expr, Budget& budget) {
  try {
    return Exact(budget).of(expr);
  } catch (const NotComputed&) {
    return std::nullopt;
  } catch (const TooLarge&) {
    return std::nullopt;
  }
}

bool has_symbols(const Expr& expr) {
  if (expr->is(Kind::kSymbol) || expr->is(Kind::kCall)) return true;
  return std::any_of(expr->args.begin(), expr->args.end(), has_symbols);
}

std::optional<int> compare_numbers(const Expr& a, const Expr& b, Budget& budget) {
  if (has_symbols(a) || has_symbols(b)) return std::nullopt;
  const auto infinite = [](const Expr& e) { return !e->is(Kind::kInfinity) ? 0 : e->number.is_negative() ? -1 : 1; };
  if (infinite(a) != 0 || infinite(b) != 0) {
    const int difference = infinite(a) - infinite(b);
    return difference < 0 ? -1 : difference > 0 ? 1 : 0;
  }
  const auto exact_a = exact_value(a, budget);
  const auto exact_b = exact_value(b, budget);
  try {
    if (exact_a && exact_b) return *exact_a < *exact_b ? -1 : *exact_b < *exact_a ? 1 : 0;
  } catch (const TooLarge&) {
    return std::nullopt;
  }
  const auto value_a = evaluate(a, 0, budget);
  const auto value_b = evaluate(b, 0, budget);
  if (!value_a || !value_b || value_a->columns != 0 || value_b->columns != 0) return std::nullopt;
  const Complex x = value_a->cells[0];
  const Complex y = value_b->cells[0];
  if (x.imag() != 0 || y.imag() != 0) return std::nullopt;
  if (near(x, y, false)) return 0;
  return x.real() < y.real() ? -1 : 1;
}

bool equal_values(const Expr& a, const Expr& b, Budget& budget) {
  const auto exact_a = exact_value(a, budget);
  const auto exact_b = exact_value(b, budget);
  if (exact_a && exact_b) return *exact_a == *exact_b;
  const bool symbols = has_symbols(a) || has_symbols(b);
  unsigned compared = 0;
  for (unsigned point = 0; point < (symbols ? kPoints : 1); ++point) {
    const auto x = evaluate(a, point, budget);
    const auto y = evaluate(b, point, budget);
    if (x.has_value() != y.has_value()) return false;
    if (!x) continue;
    if (x->columns != y->columns || x->cells.size() != y->cells.size()) return false;
    for (std::size_t i = 0; i < x->cells.size(); ++i)
      if (!near(x->cells[i], y->cells[i], symbols)) return false;
    ++compared;
  }
  return compared >= (symbols ? 2U : 1U);
}

bool proportional(const Expr& a, const Expr& b, Budget& budget) {
  std::optional<Complex> ratio;
  unsigned compared = 0;
  for (unsigned point = 0; point < kPoints; ++point) {
    const auto x = evaluate(a, point, budget);
    const auto y = evaluate(b, point, budget);
    if (!x || !y || x->columns != 0 || y->columns != 0) continue;
    if (std::abs(y->cells[0]) < 1e-9L || std::abs(x->cells[0]) < 1e-9L) return false;
    const Complex here = x->cells[0] / y->cells[0];
    if (ratio && !near(*ratio, here, true)) return false;
    ratio = here;
    ++compared;
  }
  return compared >= 3;
}

}  // namespace c2c::grading
