// The rules of PS.g4 below statements: sums, products, powers, functions and atoms.
#pragma once
#include <string>

#include "c2c/eval/grading/latex_cursor.h"

namespace c2c::grading {

class LatexTerms : public LatexCursor {
 public:
  using LatexCursor::LatexCursor;

 protected:
  Expr expr();
  Expr symbol();

 private:
  // `bare`: the argument of a function without parentheses, where only the first factor may be a function.
  Expr product(bool bare);
  Expr signed_factor(bool bare);
  bool starts_factor(bool functions) const;
  Expr postfix(bool functions);
  static Expr transposed(const Expr& value);
  Expr power(bool functions);
  // ^ and an atom or a group in braces.
  Expr exponent();
  Expr braced();
  // An expression between brackets, where | opens again.
  Expr inside();
  Expr factor(bool functions);
  bool is_gamma() const;
  Expr group();
  Expr between_bars(Token bar, int& open);
  Expr matrix();

  Expr function();
  Expr sum();
  Expr named_function();
  static bool is_computed(std::string_view name);
  static Expr applied(std::string name, Exprs args, const Expr& base, const Expr& raised);
  // f(x), f(x, y): a symbol before parentheses that hold one atom or a list.
  Expr unknown_call();
  bool call_follows() const;

  bool starts_symbol() const;
  // Its text is ignored but for the name of the symbol that it belongs to.
  Expr subscript(std::string* written = nullptr);
  bool is_braced(std::size_t index) const;
  // A symbol with its subscript; `small`: lower-cased as latex2sympy does but for names of functions.
  Expr symbol_head(bool small, Expr* raised = nullptr);
  Expr atom();
  static Expr number(const std::string& text);
};

}  // namespace c2c::grading
