// Whole numbers of any size up to a bound: answers are compared exactly, and a hostile one ends in TooLarge.
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace c2c::grading {

// A number past kMaxBits: whoever computes with exact numbers falls back to floating point.
struct TooLarge {};

class BigInteger {
 public:
  static constexpr std::size_t kMaxBits = 16'384;

  BigInteger() = default;
  BigInteger(std::int64_t value);  // NOLINT: numbers are written as numbers
  // Decimal digits only, at least one. Throws TooLarge.
  static BigInteger from_digits(std::string_view digits);

  bool is_zero() const { return limbs_.empty(); }
  bool is_negative() const { return negative_; }
  bool is_odd() const { return !limbs_.empty() && (limbs_[0] & 1) != 0; }
  std::size_t bits() const;
  // The value where it fits, and 0 where it does not; `fits` says which.
  std::int64_t to_int64(bool& fits) const;
  long double to_long_double() const;  // may be infinite
  std::string to_string() const;

  BigInteger operator-() const;
  BigInteger abs() const { return negative_ ? -*this : *this; }
  friend BigInteger operator+(const BigInteger& a, const BigInteger& b);
  friend BigInteger operator-(const BigInteger& a, const BigInteger& b) { return a + (-b); }
  friend BigInteger operator*(const BigInteger& a, const BigInteger& b);
  // Rounded towards zero; precondition: b is not zero.
  friend BigInteger operator/(const BigInteger& a, const BigInteger& b) { return divide(a, b).first; }
  friend BigInteger operator%(const BigInteger& a, const BigInteger& b) { return divide(a, b).second; }
  static std::pair<BigInteger, BigInteger> divide(const BigInteger& a, const BigInteger& b);
  static BigInteger gcd(BigInteger a, BigInteger b);
  static BigInteger power(BigInteger base, std::uint64_t exponent);
  // The largest r with r^n <= value; precondition: value >= 0, n >= 1.
  static BigInteger root(const BigInteger& value, std::uint32_t n);

  friend bool operator==(const BigInteger& a, const BigInteger& b) = default;
  friend std::strong_ordering operator<=>(const BigInteger& a, const BigInteger& b);

 private:
  using Limbs = std::vector<std::uint32_t>;  // lowest first, no zeros at the top
  static int compare(const Limbs& a, const Limbs& b);
  static Limbs add(const Limbs& a, const Limbs& b);
  static Limbs subtract(const Limbs& a, const Limbs& b);  // a >= b
  void trim();

  Limbs limbs_;
  bool negative_ = false;  // never for zero
};

}  // namespace c2c::grading
