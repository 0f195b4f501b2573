// Symbols with their subscripts, and numbers.
#include "c2c/base/utf8.h"
#include "c2c/eval/grading/latex_symbols.h"
#include "c2c/eval/grading/latex_terms.h"

namespace c2c::grading {

bool LatexTerms::starts_symbol() const {
  const Token token = peek();
  return (token == Token::kLetter && text() != "E") || token == Token::kGreek || token == Token::kOtherSymbol ||
         token == Token::kAccent;
}

// Its text is ignored but for the name of the symbol that it belongs to.
Expr LatexTerms::subscript(std::string* written) {
  need(Token::kUnderscore);
  const std::size_t begin = at_;
  Expr out;
  if (is_open("{")) {
    take();
    out = inside();
    while (skip(Token::kComma)) inside();
    need_close("}");
  } else {
    out = atom();
  }
  if (written != nullptr) {
    const std::size_t end = is_braced(begin) ? at_ - 1 : at_;
    for (std::size_t i = is_braced(begin) ? begin + 1 : begin; i < end; ++i)
      *written += tokens_[i].token == Token::kDifferential ? "d" + tokens_[i].text : tokens_[i].text;
  }
  return out;
}

bool LatexTerms::is_braced(std::size_t index) const {
  return tokens_[index].token == Token::kOpen && tokens_[index].text == "{";
}

// A symbol with its subscript; `small`: lower-cased as latex2sympy does but for names of functions.
Expr LatexTerms::symbol_head(bool small, Expr* raised) {
  if (!starts_symbol()) throw ParseFailed{};
  const LatexToken& token = take();
  const std::string name = token.token == Token::kAccent ? accent_name(token.text) : token.text;
  std::string below;
  if (raised != nullptr && peek() == Token::kCaret) *raised = exponent();
  if (peek() == Token::kUnderscore) {
    subscript(&below);
    below = count_code_points(below) > 1 ? "_{" + below + "}" : "_" + below;
    if (raised != nullptr && !*raised && peek() == Token::kCaret) *raised = exponent();
  }
  if (!small) return symbol_expr(name + below, real_);
  if (token.token == Token::kLetter && name == "I") return make_expr(Kind::kI);
  return symbol_of(name + below, real_);
}

Expr LatexTerms::symbol() {
  Expr raised;
  const Expr out = symbol_head(true, &raised);
  return raised ? pow_expr(out, raised) : out;
}

Expr LatexTerms::atom() {
  const Depth depth(depth_);
  if (starts_symbol()) return symbol();
  switch (peek()) {
    case Token::kLetter:  // E
      take();
      return symbol_expr("e", real_);
    case Token::kInfinity:
      take();
      return infinity_expr(1);
    case Token::kNumber: {
      const Expr out = number(take().text);
      if (peek() == Token::kUnderscore) subscript();
      return out;
    }
    case Token::kENotation:
      return number(take().text);
    case Token::kPercentNumber:
      return percent_expr(number(take().text));
    case Token::kDifferential:
      return symbol_expr("d" + take().text, real_);
    default:
      throw ParseFailed{};
  }
}

Expr LatexTerms::number(const std::string& text) {
  const auto value = Rational::from_decimal(text);
  if (!value) throw ParseFailed{};
  return number_expr(*value, text.find_first_of(".E") != std::string::npos);
}

}  // namespace c2c::grading
