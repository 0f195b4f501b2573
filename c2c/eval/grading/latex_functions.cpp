// Functions with their names: sines, logarithms, roots, sums, and unknown ones.
#include <algorithm>

#include "c2c/eval/grading/latex_terms.h"

namespace c2c::grading {

Expr LatexTerms::function() {
  switch (peek()) {
    case Token::kExpE: {
      take();
      if (peek() != Token::kCaret) return make_expr(Kind::kE);
      return pow_expr(make_expr(Kind::kE), exponent());
    }
    case Token::kSqrt: {
      take();
      Expr root = number_expr(Rational(1, 2));
      if (is_open("[")) {
        take();
        root = quotient_expr(number_expr(1), inside());
        need_close("]");
      }
      return pow_expr(braced(), root);
    }
    case Token::kSum:
      return sum();
    case Token::kLimit:
      throw ParseFailed{};
    default:
      return named_function();
  }
}

Expr LatexTerms::sum() {
  const std::string name = take().text == "\\sum" ? "sum" : "prod";
  Expr upper;
  if (peek() == Token::kCaret) upper = exponent();
  need(Token::kUnderscore);
  need_open("{");
  const Expr variable = expr();
  if (!skip(Token::kAssign)) need(Token::kEqual);
  const Expr lower = expr();
  need_close("}");
  if (!upper) upper = exponent();
  return make_expr(Kind::kFunction, {product(false), variable, lower, upper}, name);
}

Expr LatexTerms::named_function() {
  std::string name;
  if (skip(Token::kOperatorName)) {
    need_open("{");
    if (peek() != Token::kWord) throw ParseFailed{};
    name = take().text;
    need_close("}");
    if (!is_computed(name)) throw ParseFailed{};
  } else {
    name = take().text;
  }
  Expr base, raised;
  for (int i = 0; i < 2; ++i) {
    if (!base && peek() == Token::kUnderscore) base = subscript();
    if (!raised && peek() == Token::kCaret) raised = exponent();
  }
  Exprs args;
  if (is_open("(")) {
    const bool several = name == "gcd" || name == "lcm" || name == "max" || name == "min";
    take();
    do {
      args.push_back(inside());
    } while (several && skip(Token::kComma));
    need_close(")");
  } else {
    args.push_back(product(true));
  }
  return applied(name, args, base, raised);
}

bool LatexTerms::is_computed(std::string_view name) {
  constexpr std::string_view kNames[] = {"arsinh",  "arcosh", "artanh", "arcsinh", "arccosh",
                                         "arctanh", "floor",  "ceil",   "gcd",     "lcm"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

Expr LatexTerms::applied(std::string name, Exprs args, const Expr& base, const Expr& raised) {
  Expr power = raised;
  if (name == "log" || name == "ln") {
    if (base) {
      args.push_back(base);
    } else {
      args.push_back(name == "log" ? number_expr(10) : make_expr(Kind::kE));
    }
    name = "log";
  } else if (name == "Gamma") {
    name = "gamma";
  } else if (name.starts_with("arc")) {
    name = "a" + name.substr(3);
  } else if (name.starts_with("ar")) {
    name = "a" + name.substr(2);
  }
  constexpr std::string_view kInverted[] = {"sin", "cos", "tan", "csc", "sec", "cot", "sinh", "cosh", "tanh"};
  const bool inverts = std::find(std::begin(kInverted), std::end(kInverted), name) != std::end(kInverted);
  if (power && inverts && power->is_exact_number() && power->number == Rational(-1)) {
    name = "a" + name;
    power = nullptr;
  }
  const Expr out =
      name == "exp" ? pow_expr(make_expr(Kind::kE), args[0]) : make_expr(Kind::kFunction, std::move(args), name);
  return power ? pow_expr(out, power) : out;
}

// Whether an opening bracket stands behind the symbol here and its subscript and superscript: a look without reading,
// so that nothing is read twice.
bool LatexTerms::call_follows() const {
  if (!starts_symbol()) return false;
  std::size_t i = at_ + 1;
  const auto token = [&](std::size_t index) { return tokens_[std::min(index, tokens_.size() - 1)].token; };
  while (token(i) == Token::kUnderscore || token(i) == Token::kCaret)
    i = token(i + 1) == Token::kOpen ? partner_[i + 1] + 1 : i + 2;
  return token(i) == Token::kOpen;
}

// f(x), f(x, y): a symbol before parentheses that hold one atom or a list.
Expr LatexTerms::unknown_call() {
  if (!call_follows()) throw ParseFailed{};
  const std::string name = symbol_head(false)->name;
  Expr raised;
  if (peek() == Token::kCaret) raised = exponent();
  const bool wrapped = is_open("{") && peek(1) == Token::kOpen;
  if (wrapped) take();
  if (!is_open("(") && !is_open("[")) throw ParseFailed{};
  const bool list = has_comma_[at_];
  const std::string open = take().text;
  Exprs args;
  if (list) {
    do {
      if (!args.empty() && args.size() == 1 && peek() == Token::kClose) break;  // f(x,)
      args.push_back(inside());
    } while (skip(Token::kComma));
  } else {
    args.push_back(atom());
  }
  need_close(close_of(open));
  if (wrapped) need_close("}");
  const Expr out = make_expr(Kind::kCall, std::move(args), name);
  return raised ? pow_expr(out, raised) : out;
}

}  // namespace c2c::grading
