#include "c2c/eval/grading/plain_parser.h"

#include "c2c/base/utf8.h"
#include "c2c/eval/grading/characters.h"
#include "c2c/eval/grading/latex_tokens.h"

namespace c2c::grading {
namespace {

class PlainParser {
 public:
  PlainParser(std::u32string_view text, Budget& budget) : text_(text), budget_(budget) {}

  Expr whole() {
    Expr out = sum();
    skip_spaces();
    if (at_ != text_.size()) throw ParseFailed{};
    return out;
  }

 private:
  char32_t peek() {
    skip_spaces();
    budget_.spend(16);
    return at_ < text_.size() ? text_[at_] : U'\0';
  }
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool take(std::u32string_view what) {
    skip_spaces();
    if (text_.substr(at_, what.size()) != what) return false;
    at_ += what.size();
    return true;
  }
  void enter() {
    constexpr int kDeepest = 90;
    if (++depth_ > kDeepest) throw ParseFailed{};
  }

  Expr sum() {
    Expr left = product();
    while (true) {
      if (take(U"+")) {
        left = add_expr(left, product());
      } else if (take(U"-")) {
        left = add_expr(left, negative_expr(product()));
      } else {
        return left;
      }
    }
  }
  Expr product() {
    Expr left = signed_power();
    while (true) {
      if (peek() == U'*' && text_.substr(at_, 2) != U"**") {
        ++at_;
        left = mul_expr(left, signed_power());
      } else if (take(U"//")) {
        left = make_expr(Kind::kFunction, {quotient(left, signed_power())}, "floor");
      } else if (take(U"/")) {
        left = quotient(left, signed_power());
      } else {
        return left;
      }
    }
  }
  static Expr quotient(const Expr& a, const Expr& b) {
    if (b->is(Kind::kNumber) && b->number.is_zero()) return make_expr(Kind::kUndefined);
    return quotient_expr(a, b);
  }
  Expr signed_power() {
    enter();
    Expr out;
    if (take(U"-")) {
      out = negative_expr(signed_power());
    } else if (take(U"+")) {
      out = signed_power();
    } else {
      out = power();
    }
    --depth_;
    return out;
  }
  Expr power() {
    const Expr base = primary();
    if (take(U"**") || take(U"^")) return pow_expr(base, signed_power());
    return base;
  }
  Expr primary() {
    if (take(U"(")) {
      enter();
      Expr out = sum();
      --depth_;
      if (!take(U")")) throw ParseFailed{};
      if (peek() == U'(') throw ParseFailed{};  // a number is no function
      return out;
    }
    Expr out = number();
    if (peek() == U'(' || peek() == U'.' || is_ascii_digit(peek())) throw ParseFailed{};
    return out;
  }
  Expr number() {
    peek();
    const std::size_t begin = at_;
    bool point = false;
    while (at_ < text_.size() && (is_ascii_digit(text_[at_]) || (text_[at_] == U'.' && !point)))
      point |= text_[at_++] == U'.';
    const std::string digits = to_utf8(text_.substr(begin, at_ - begin));
    // Python refuses 007, not 0.5 nor 00.
    if (!point && digits.size() > 1 && digits[0] == '0' && digits.find_first_not_of('0') != std::string::npos)
      throw ParseFailed{};
    const auto value = Rational::from_decimal(digits);
    if (!value) throw ParseFailed{};
    return number_expr(*value, point);
  }

  std::u32string_view text_;
  Budget& budget_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Expr parse_plain(std::u32string_view text, Budget& budget) {
  constexpr std::size_t kLongest = 4000;
  if (text.size() > kLongest) throw ParseFailed{};
  try {
    return PlainParser(text, budget).whole();
  } catch (const TooLarge&) {
    throw ParseFailed{};
  }
}

}  // namespace c2c::grading
