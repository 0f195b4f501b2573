#include "c2c/eval/grading/rational.h"

#include <charconv>
#include <cmath>

namespace c2c::grading {

Rational::Rational(BigInteger top, BigInteger bottom) {
  if (bottom.is_negative()) top = -top, bottom = -bottom;
  const BigInteger common = BigInteger::gcd(top, bottom);
  const bool lowest = common == BigInteger(1);
  top_ = lowest ? std::move(top) : top / common;
  bottom_ = lowest ? std::move(bottom) : bottom / common;
}

std::optional<Rational> Rational::from_decimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  if (const std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view power = text.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    const auto parsed = std::from_chars(power.data(), power.data() + power.size(), exponent);
    if (parsed.ec == std::errc::result_out_of_range) throw TooLarge{};
    if (parsed.ec != std::errc() || parsed.ptr != power.data() + power.size()) return std::nullopt;
    text = text.substr(0, e);
  }
  const std::size_t point = text.find('.');
  std::string digits(text.substr(0, point));
  if (point != std::string_view::npos) {
    const std::string_view decimals = text.substr(point + 1);
    digits += decimals;
    exponent -= static_cast<int>(decimals.size());
  }
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  if (std::abs(exponent) > 4000) throw TooLarge{};
  BigInteger value = BigInteger::from_digits(digits);
  if (negative) value = -value;
  const BigInteger scale = BigInteger::power(10, static_cast<std::uint64_t>(std::abs(exponent)));
  return exponent < 0 ? Rational(std::move(value), scale) : Rational(value * scale);
}

// Both parts shifted so that neither overflows alone.
long double Rational::to_long_double() const {
  const std::size_t most = std::max(top_.bits(), bottom_.bits());
  if (most < 16'000) return top_.to_long_double() / bottom_.to_long_double();
  const BigInteger scale = BigInteger::power(2, most - 12'000);
  const BigInteger bottom = bottom_ / scale;
  if (bottom.is_zero()) return top_.to_long_double() * INFINITY;
  return (top_ / scale).to_long_double() / bottom.to_long_double();
}

Rational Rational::operator-() const {
  Rational out = *this;
  out.top_ = -out.top_;
  return out;
}

Rational operator+(const Rational& a, const Rational& b) {
  return Rational(a.top_ * b.bottom_ + b.top_ * a.bottom_, a.bottom_ * b.bottom_);
}
Rational operator*(const Rational& a, const Rational& b) {
  return Rational(a.top_ * b.top_, a.bottom_ * b.bottom_);
}
Rational operator/(const Rational& a, const Rational& b) {
  return Rational(a.top_ * b.bottom_, a.bottom_ * b.top_);
}
std::strong_ordering operator<=>(const Rational& a, const Rational& b) {
  return a.top_ * b.bottom_ <=> b.top_ * a.bottom_;
}

BigInteger Rational::floor() const {
  auto [quotient, rest] = BigInteger::divide(top_, bottom_);
  return rest.is_negative() ? quotient - 1 : quotient;
}

Rational Rational::rounded(int decimals) const {
  const BigInteger scale = BigInteger::power(10, static_cast<std::uint64_t>(decimals));
  const Rational scaled = *this * Rational(scale);
  BigInteger whole = scaled.floor();
  const auto above_half = scaled - Rational(whole) <=> Rational(1, 2);
  if (above_half > 0 || (above_half == 0 && whole.is_odd())) whole = whole + 1;
  return Rational(std::move(whole), scale);
}

std::optional<Rational> Rational::power(const Rational& base, const Rational& exponent) {
  bool fits = false;
  const std::int64_t times = exponent.top_.to_int64(fits);
  if (!fits) throw TooLarge{};
  const std::int64_t root = exponent.bottom_.to_int64(fits);
  if (!fits || root > 1000) return std::nullopt;
  if (base.is_zero())
    return times > 0 ? std::optional(Rational(0)) : times == 0 ? std::optional(Rational(1)) : std::nullopt;
  if (root != 1 && base.is_negative()) return std::nullopt;
  BigInteger top = base.top_;
  BigInteger bottom = base.bottom_;
  constexpr std::size_t kMostRootBits = 2048;
  if (root != 1 && std::max(top.bits(), bottom.bits()) > kMostRootBits) return std::nullopt;
  if (root != 1) {
    const auto n = static_cast<std::uint32_t>(root);
    const BigInteger top_root = BigInteger::root(top, n);
    const BigInteger bottom_root = BigInteger::root(bottom, n);
    if (BigInteger::power(top_root, n) != top || BigInteger::power(bottom_root, n) != bottom) return std::nullopt;
    top = top_root;
    bottom = bottom_root;
  }
  const auto count = static_cast<std::uint64_t>(times < 0 ? -times : times);
  top = BigInteger::power(top, count);
  bottom = BigInteger::power(bottom, count);
  return times < 0 ? Rational(std::move(bottom), std::move(top)) : Rational(std::move(top), std::move(bottom));
}

}  // namespace c2c::grading
