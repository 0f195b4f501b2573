// Parsed mathematics: what SymPy's objects are to math-verify, kept as written (nothing is simplified while parsing).
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "c2c/eval/grading/rational.h"

namespace c2c::grading {

enum class Kind {
  kNumber,     // number; is_float for one written with a decimal point
  kInfinity,   // number is its sign
  kUndefined,  // division of a number by zero: equals nothing
  kPi,
  kE,
  kI,
  kSymbol,    // name; is_real
  kAdd,       // args
  kMul,       // args
  kPow,       // base, exponent
  kFunction,  // name of a known function, args
  kCall,      // name of an unknown function, args
  kMatrix,    // args row by row, columns
  // Sets
  kSet,           // args in the order written, each once
  kTuple,         // args
  kInterval,      // start, end; left_open, right_open
  kNamedSet,      // name: "N", "Z", "Q", "R", "C", ""; the last is the empty set
  kUnion,         // two args
  kIntersection,  // two args
  kComplement,    // two args: the first without the second
  // Statements
  kRelation,  // name: "=", "<", "<=", ">", ">=", "!="; two args
  kAnd,       // relations of a chain, in order
};

struct Expression;
using Expr = std::shared_ptr<const Expression>;
using Exprs = std::vector<Expr>;

struct Expression {
  Kind kind = Kind::kNumber;
  Rational number;
  bool is_float = false;
  bool is_real = true;
  bool left_open = false, right_open = false;
  std::size_t columns = 0;
  std::string name;
  Exprs args;

  bool is(Kind which) const { return kind == which; }
  bool is_exact_number() const { return kind == Kind::kNumber && !is_float; }
  bool is_integer() const { return is_exact_number() && number.is_integer(); }
  bool is_set() const { return kind >= Kind::kSet && kind <= Kind::kComplement; }  // and tuples
};

Expr number_expr(Rational value, bool is_float = false);
Expr infinity_expr(int sign);
Expr symbol_expr(std::string name, bool is_real);
Expr make_expr(Kind kind, Exprs args = {}, std::string name = {});
Expr interval_expr(Expr start, Expr end, bool left_open, bool right_open);
// Elements that are written the same are kept once.
Expr set_expr(const Exprs& elements);
Expr matrix_expr(Exprs elements, std::size_t columns);

// Sums and products take the terms of sums and products in.
Expr add_expr(const Expr& a, const Expr& b);
Expr mul_expr(const Expr& a, const Expr& b);
Expr pow_expr(Expr base, Expr exponent);
Expr negative_expr(const Expr& a);
Expr quotient_expr(const Expr& a, const Expr& b);  // a fraction where both are whole numbers
Expr percent_expr(const Expr& a);

// Written the same: the elements of sets in any order.
bool same_expr(const Expr& a, const Expr& b);

}  // namespace c2c::grading
