#include "c2c/eval/grading/big_integer.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace c2c::grading {

BigInteger::BigInteger(std::int64_t value) : negative_(value < 0) {
  auto rest = negative_ ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  for (; rest != 0; rest >>= 32) limbs_.push_back(static_cast<std::uint32_t>(rest));
}

void BigInteger::trim() {
  while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
  if (limbs_.empty()) negative_ = false;
  if (bits() > kMaxBits) throw TooLarge{};
}

BigInteger BigInteger::from_digits(std::string_view digits) {
  if (digits.size() > kMaxBits / 3) throw TooLarge{};
  BigInteger out;
  for (const char digit : digits) {
    std::uint64_t carry = static_cast<std::uint64_t>(digit - '0');
    for (std::uint32_t& limb : out.limbs_) {
      carry += static_cast<std::uint64_t>(limb) * 10;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    if (carry != 0) out.limbs_.push_back(static_cast<std::uint32_t>(carry));
  }
  out.trim();
  return out;
}

std::size_t BigInteger::bits() const {
  return limbs_.empty() ? 0 : 32 * limbs_.size() - static_cast<std::size_t>(std::countl_zero(limbs_.back()));
}

std::int64_t BigInteger::to_int64(bool& fits) const {
  fits = bits() < 63;
  if (!fits) return 0;
  std::int64_t out = 0;
  for (std::size_t i = limbs_.size(); i-- > 0;) out = (out << 32) | limbs_[i];
  return negative_ ? -out : out;
}

long double BigInteger::to_long_double() const {
  long double out = 0;
  for (std::size_t i = limbs_.size(); i-- > 0;) out = out * 4294967296.0L + static_cast<long double>(limbs_[i]);
  return negative_ ? -out : out;
}

std::string BigInteger::to_string() const {
  if (is_zero()) return "0";
  std::string out;
  Limbs rest = limbs_;
  while (!rest.empty()) {
    std::uint64_t remainder = 0;
    for (std::size_t i = rest.size(); i-- > 0;) {
      remainder = (remainder << 32) | rest[i];
      rest[i] = static_cast<std::uint32_t>(remainder / 10);
      remainder %= 10;
    }
    while (!rest.empty() && rest.back() == 0) rest.pop_back();
    out += static_cast<char>('0' + remainder);
  }
  if (negative_) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

int BigInteger::compare(const Limbs& a, const Limbs& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (std::size_t i = a.size(); i-- > 0;)
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

BigInteger::Limbs BigInteger::add(const Limbs& a, const Limbs& b) {
  Limbs out;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    carry += (i < a.size() ? a[i] : 0ULL) + (i < b.size() ? b[i] : 0ULL);
    out.push_back(static_cast<std::uint32_t>(carry));
    carry >>= 32;
  }
  return out;
}

BigInteger::Limbs BigInteger::subtract(const Limbs& a, const Limbs& b) {
  Limbs out = a;
  std::int64_t borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::int64_t digit =
        static_cast<std::int64_t>(a[i]) - (i < b.size() ? static_cast<std::int64_t>(b[i]) : 0) - borrow;
    borrow = digit < 0 ? 1 : 0;
    if (digit < 0) digit += std::int64_t{1} << 32;
    out[i] = static_cast<std::uint32_t>(digit);
  }
  return out;
}

BigInteger BigInteger::operator-() const {
  BigInteger out = *this;
  out.negative_ = !negative_ && !is_zero();
  return out;
}

BigInteger operator+(const BigInteger& a, const BigInteger& b) {
  BigInteger out;
  if (a.negative_ == b.negative_) {
    out.limbs_ = BigInteger::add(a.limbs_, b.limbs_);
    out.negative_ = a.negative_;
  } else if (BigInteger::compare(a.limbs_, b.limbs_) >= 0) {
    out.limbs_ = BigInteger::subtract(a.limbs_, b.limbs_);
    out.negative_ = a.negative_;
  } else {
    out.limbs_ = BigInteger::subtract(b.limbs_, a.limbs_);
    out.negative_ = b.negative_;
  }
  out.trim();
  return out;
}

BigInteger operator*(const BigInteger& a, const BigInteger& b) {
  if (a.bits() + b.bits() > BigInteger::kMaxBits + 64) throw TooLarge{};
  BigInteger out;
  out.limbs_.assign(a.limbs_.size() + b.limbs_.size() + 1, 0);
  for (std::size_t i = 0; i < a.limbs_.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.limbs_.size() || carry != 0; ++j) {
      carry += out.limbs_[i + j] + (j < b.limbs_.size() ? static_cast<std::uint64_t>(a.limbs_[i]) * b.limbs_[j] : 0);
      out.limbs_[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
  out.negative_ = a.negative_ != b.negative_;
  out.trim();
  return out;
}

namespace {

// Knuth's algorithm D; preconditions: b has two limbs or more, a is not shorter. Returns the quotient, leaves the
// remainder in `a`.
std::vector<std::uint32_t> divide_long(std::vector<std::uint32_t>& a, std::vector<std::uint32_t> b) {
  const auto shift = static_cast<unsigned>(std::countl_zero(b.back()));
  const auto shift_left = [shift](std::vector<std::uint32_t>& limbs) {
    std::uint64_t carry = 0;
    for (std::uint32_t& limb : limbs) {
      carry |= static_cast<std::uint64_t>(limb) << shift;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    return static_cast<std::uint32_t>(carry);
  };
  shift_left(b);
  a.push_back(shift_left(a));
  const std::size_t n = b.size();
  const std::size_t count = a.size() - n;
  std::vector<std::uint32_t> quotient(count, 0);
  for (std::size_t j = count; j-- > 0;) {
    const std::uint64_t top = (static_cast<std::uint64_t>(a[j + n]) << 32) | a[j + n - 1];
    std::uint64_t digit = top / b[n - 1];
    std::uint64_t rest = top % b[n - 1];
    while ((digit >> 32) != 0 || digit * b[n - 2] > ((rest << 32) | a[j + n - 2])) {
      --digit;
      rest += b[n - 1];
      if ((rest >> 32) != 0) break;
    }
    std::int64_t borrow = 0;
    std::uint64_t carry = 0;
    for (std::size_t i = 0; i <= n; ++i) {
      carry += i < n ? digit * b[i] : 0;
      const std::int64_t difference = static_cast<std::int64_t>(a[i + j]) - borrow - static_cast<std::uint32_t>(carry);
      a[i + j] = static_cast<std::uint32_t>(difference);
      borrow = difference < 0 ? 1 : 0;
      carry >>= 32;
    }
    if (borrow != 0) {  // one too many
      --digit;
      std::uint64_t back = 0;
      for (std::size_t i = 0; i < n; ++i) {
        back += static_cast<std::uint64_t>(a[i + j]) + b[i];
        a[i + j] = static_cast<std::uint32_t>(back);
        back >>= 32;
      }
      a[j + n] += static_cast<std::uint32_t>(back);
    }
    quotient[j] = static_cast<std::uint32_t>(digit);
  }
  a.resize(n);
  std::uint32_t high = 0;
  for (std::size_t i = n; i-- > 0 && shift != 0;) {
    const std::uint32_t limb = a[i];
    a[i] = (limb >> shift) | high;
    high = limb << (32 - shift);
  }
  return quotient;
}

}  // namespace

std::pair<BigInteger, BigInteger> BigInteger::divide(const BigInteger& a, const BigInteger& b) {
  BigInteger quotient, remainder;
  if (compare(a.limbs_, b.limbs_) < 0) {
    remainder.limbs_ = a.limbs_;
  } else if (b.limbs_.size() == 1) {
    quotient.limbs_.assign(a.limbs_.size(), 0);
    std::uint64_t rest = 0;
    for (std::size_t i = a.limbs_.size(); i-- > 0;) {
      rest = (rest << 32) | a.limbs_[i];
      quotient.limbs_[i] = static_cast<std::uint32_t>(rest / b.limbs_[0]);
      rest %= b.limbs_[0];
    }
    remainder = BigInteger(static_cast<std::int64_t>(rest));
  } else {
    remainder.limbs_ = a.limbs_;
    quotient.limbs_ = divide_long(remainder.limbs_, b.limbs_);
  }
  quotient.negative_ = a.negative_ != b.negative_;
  remainder.negative_ = a.negative_;
  quotient.trim();
  remainder.trim();
  return {quotient, remainder};
}

BigInteger BigInteger::gcd(BigInteger a, BigInteger b) {
  a = a.abs();
  b = b.abs();
  while (!b.is_zero()) {
    BigInteger rest = a % b;
    a = std::move(b);
    b = std::move(rest);
  }
  return a;
}

BigInteger BigInteger::power(BigInteger base, std::uint64_t exponent) {
  BigInteger out = 1;
  if (base.bits() > 1 && exponent > kMaxBits) throw TooLarge{};
  for (; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) out = out * base;
    if (exponent > 1) base = base * base;
  }
  return out;
}

BigInteger BigInteger::root(const BigInteger& value, std::uint32_t n) {
  BigInteger low = 0;
  BigInteger high = power(2, value.bits() / n + 1);
  while (low + 1 < high) {
    const BigInteger middle = (low + high) / 2;
    bool above = false;
    try {
      above = power(middle, n) > value;
    } catch (const TooLarge&) {
      above = true;
    }
    (above ? high : low) = middle;
  }
  return low;
}

std::strong_ordering operator<=>(const BigInteger& a, const BigInteger& b) {
  if (a.negative_ != b.negative_) return a.negative_ ? std::strong_ordering::less : std::strong_ordering::greater;
  const int order = BigInteger::compare(a.limbs_, b.limbs_) * (a.negative_ ? -1 : 1);
  return order <=> 0;
}

}  // namespace c2c::grading
