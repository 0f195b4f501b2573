// Exact fractions, always in lowest terms with a positive denominator.
#pragma once
#include <optional>
#include <string_view>

#include "c2c/eval/grading/big_integer.h"

namespace c2c::grading {

class Rational {
 public:
  Rational() = default;
  Rational(std::int64_t value) : top_(value) {}           // NOLINT: numbers are written as numbers
  Rational(BigInteger value) : top_(std::move(value)) {}  // NOLINT
  Rational(BigInteger top, BigInteger bottom);            // precondition: bottom is not zero
  // "12", "-3.50", ".5", "2.", "1E-3". Nothing for other text. Throws TooLarge.
  static std::optional<Rational> from_decimal(std::string_view text);

  const BigInteger& top() const { return top_; }
  const BigInteger& bottom() const { return bottom_; }
  bool is_integer() const { return bottom_ == BigInteger(1); }
  bool is_zero() const { return top_.is_zero(); }
  bool is_negative() const { return top_.is_negative(); }
  long double to_long_double() const;

  Rational operator-() const;
  friend Rational operator+(const Rational& a, const Rational& b);
  friend Rational operator-(const Rational& a, const Rational& b) { return a + (-b); }
  friend Rational operator*(const Rational& a, const Rational& b);
  friend Rational operator/(const Rational& a, const Rational& b);  // precondition: b is not zero
  friend bool operator==(const Rational& a, const Rational& b) = default;
  friend std::strong_ordering operator<=>(const Rational& a, const Rational& b);

  // The largest whole number not above; halves to even.
  BigInteger floor() const;
  Rational rounded(int decimals) const;
  // base^exponent where that is a fraction: whole exponents, and roots that come out. Nothing otherwise, and for 0^-1.
  static std::optional<Rational> power(const Rational& base, const Rational& exponent);

 private:
  BigInteger top_;
  BigInteger bottom_ = 1;
};

}  // namespace c2c::grading
