#include "c2c/eval/grading/latex_terms.h"

#include <utility>

#include "c2c/eval/grading/latex_symbols.h"

namespace c2c::grading {

Expr LatexTerms::expr() {
  const Depth depth(depth_);
  Expr left = product(false);
  while (peek() == Token::kAdd || peek() == Token::kSub) {
    const bool minus = take().token == Token::kSub;
    const Expr right = product(false);
    left = add_expr(left, minus ? negative_expr(right) : right);
  }
  return left;
}

// `bare`: the argument of a function without parentheses, where only the first factor may be a function.
Expr LatexTerms::product(bool bare) {
  Expr left = signed_factor(bare);
  while (true) {
    if (skip(Token::kMul)) {
      left = mul_expr(left, signed_factor(bare));
    } else if (skip(Token::kDiv)) {
      left = quotient_expr(left, signed_factor(bare));
    } else if (skip(Token::kMod)) {
      left = make_expr(Kind::kFunction, {left, signed_factor(bare)}, "mod");
    } else {
      return left;
    }
  }
}

Expr LatexTerms::signed_factor(bool bare) {
  bool minus = false;
  while (peek() == Token::kAdd || peek() == Token::kSub) minus ^= take().token == Token::kSub;
  Exprs factors = {postfix(true)};
  while (starts_factor(!bare)) factors.push_back(postfix(!bare));
  // Folded from the right: 2 1/2 is a mixed number.
  Expr out = factors.back();
  for (std::size_t i = factors.size() - 1; i-- > 0;) {
    const Expr& factor = factors[i];
    if (factor->is_integer() && out->is_exact_number() && !out->number.is_zero() && !out->number.is_negative()) {
      const bool below = factor->number.is_negative();
      out = number_expr(below ? factor->number - out->number : factor->number + out->number);
    } else {
      out = mul_expr(factor, out);
    }
  }
  return minus ? negative_expr(out) : out;
}

bool LatexTerms::starts_factor(bool functions) const {
  switch (peek()) {
    case Token::kOpen:
    case Token::kPhantom:
    case Token::kBoxed:
    case Token::kLetter:
    case Token::kNumber:
    case Token::kENotation:
    case Token::kPercentNumber:
    case Token::kGreek:
    case Token::kOtherSymbol:
    case Token::kInfinity:
    case Token::kAccent:
    case Token::kDifferential:
    case Token::kFrac:
    case Token::kBinom:
    case Token::kMatrixBegin:
      return true;
    case Token::kBar:
      return bars_ == 0;
    case Token::kVert:
      return verts_ == 0;
    case Token::kFunction:
    case Token::kOperatorName:
    case Token::kSqrt:
    case Token::kSum:
    case Token::kLimit:
    case Token::kExpE:
      return functions || is_gamma();
    default:
      return false;
  }
}

Expr LatexTerms::postfix(bool functions) {
  Expr out = power(functions);
  while (true) {
    if (skip(Token::kBang)) {
      out = make_expr(Kind::kFunction, {out}, "factorial");
    } else if (skip(Token::kTranspose)) {
      out = transposed(out);
    } else if (!skip(Token::kDegree)) {
      return out;
    }
  }
}

Expr LatexTerms::transposed(const Expr& value) {
  if (!value->is(Kind::kMatrix)) return value;
  const std::size_t rows = value->args.size() / value->columns;
  Exprs out;
  for (std::size_t column = 0; column < value->columns; ++column)
    for (std::size_t row = 0; row < rows; ++row) out.push_back(value->args[row * value->columns + column]);
  return matrix_expr(std::move(out), rows);
}

Expr LatexTerms::power(bool functions) {
  Expr base = factor(functions);
  while (peek() == Token::kCaret) {
    base = pow_expr(base, exponent());
    if (peek() == Token::kUnderscore) subscript();
  }
  return base;
}

// ^ and an atom or a group in braces.
Expr LatexTerms::exponent() {
  need(Token::kCaret);
  const Depth depth(depth_);
  if (!is_open("{")) return atom();
  return braced();
}

Expr LatexTerms::braced() {
  need_open("{");
  Expr out = inside();
  need_close("}");
  return out;
}

// An expression between brackets, where | opens again.
Expr LatexTerms::inside() {
  const int bars = std::exchange(bars_, 0);
  const int verts = std::exchange(verts_, 0);
  Expr out = expr();
  bars_ = bars;
  verts_ = verts;
  return out;
}

Expr LatexTerms::factor(bool functions) {
  const Depth depth(depth_);
  switch (peek()) {
    case Token::kOpen:
      return group();
    case Token::kPhantom:
    case Token::kBoxed:
      take();
      return braced();
    case Token::kBar:
      return between_bars(Token::kBar, bars_);
    case Token::kVert:
      return between_bars(Token::kVert, verts_);
    case Token::kFrac: {
      take();
      const Expr top = braced();
      return quotient_expr(top, braced());
    }
    case Token::kBinom: {
      take();
      const Expr top = braced();
      return make_expr(Kind::kFunction, {top, braced()}, "binomial");
    }
    case Token::kMatrixBegin:
      return matrix();
    case Token::kFunction:
    case Token::kOperatorName:
    case Token::kSqrt:
    case Token::kSum:
    case Token::kLimit:
    case Token::kExpE:
      if (functions)
        if (const auto call = attempt([&] { return function(); })) return *call;
      if (!is_gamma()) throw ParseFailed{};
      return symbol_of(take().text, real_);
    default:
      break;
  }
  if (functions && call_follows())
    if (const auto call = attempt([&] { return unknown_call(); })) return *call;
  return atom();
}

bool LatexTerms::is_gamma() const {
  return peek() == Token::kFunction && (text() == "gamma" || text() == "Gamma");
}

Expr LatexTerms::group() {
  const std::string open = take().text;
  const Expr inner = inside();
  if (open == "{" && skip(Token::kChoose)) {
    const Expr lower = inside();
    need_close("}");
    return make_expr(Kind::kFunction, {inner, lower}, "binomial");
  }
  need_close(close_of(open));
  if (open == "\\lfloor" || open == "\\llcorner") return make_expr(Kind::kFunction, {inner}, "floor");
  if (open == "\\lceil" || open == "\\ulcorner") return make_expr(Kind::kFunction, {inner}, "ceil");
  if (open == "\\lvert") return make_expr(Kind::kFunction, {inner}, "abs");
  return inner;
}

Expr LatexTerms::between_bars(Token bar, int& open) {
  if (open > 0) throw ParseFailed{};
  take();
  ++open;
  const Expr inner = expr();
  --open;
  need(bar);
  return make_expr(Kind::kFunction, {inner}, "abs");
}

Expr LatexTerms::matrix() {
  const std::string kind = take().text.substr(7);  // past \begin{
  Exprs out;
  std::size_t columns = 0;
  do {
    if (peek() == Token::kMatrixEnd) break;
    std::size_t count = 0;
    do {
      out.push_back(inside());
      ++count;
    } while (skip(Token::kColumn));
    if (columns != 0 && count != columns) throw ParseFailed{};
    columns = count;
  } while (skip(Token::kRow));
  if (peek() != Token::kMatrixEnd || out.empty()) throw ParseFailed{};
  const std::string end = take().text.substr(5);
  // Any of the three matrix kinds closes any of them.
  const auto plain = [](const std::string& name) { return name != "array}" && name != "vmatrix}"; };
  if (end != kind && !(plain(end) && plain(kind))) throw ParseFailed{};
  const Expr value = matrix_expr(std::move(out), columns);
  return kind == "vmatrix}" ? make_expr(Kind::kFunction, {value}, "det") : value;
}

}  // namespace c2c::grading
