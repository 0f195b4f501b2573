#include "c2c/eval/grading/numbers.h"

#include <gtest/gtest.h>

#include "c2c/eval/grading/rational.h"

namespace c2c::grading {
namespace {

TEST(Numbers, Gsm8kTruth) {
  EXPECT_EQ(gsm8k_truth("so 9*2=18\n#### 18", Mode::kExact), "18");
  EXPECT_EQ(gsm8k_truth("#### 5 #### -3.5 km", Mode::kExact), "-3.5");
  EXPECT_EQ(gsm8k_truth("#### 1,080", Mode::kExact), "1");
  EXPECT_EQ(gsm8k_truth("#### 1,080", Mode::kFixed), "1080");
  EXPECT_EQ(gsm8k_truth("#### $70,000", Mode::kExact), "70");
  EXPECT_EQ(gsm8k_truth("#### $70,000", Mode::kFixed), "70000");
  EXPECT_EQ(gsm8k_truth("#### $1,234,567.50", Mode::kFixed), "1234567.50");
  EXPECT_EQ(gsm8k_truth("#### none", Mode::kExact), "none");
  EXPECT_FALSE(gsm8k_truth("18", Mode::kExact).has_value());
}

TEST(Numbers, SameNumber) {
  EXPECT_TRUE(same_number("1,080", "1080.0"));
  EXPECT_TRUE(same_number("1/2", "0.50"));
  EXPECT_TRUE(same_number("50%", ".5"));
  EXPECT_TRUE(same_number(" $-3", "-3") || same_number("-$3", "-3"));
  EXPECT_FALSE(same_number("0.1", "0.10000000000000001"));
  EXPECT_FALSE(same_number("1,08", "108"));
  EXPECT_FALSE(same_number("1/0", "1/0"));
  EXPECT_FALSE(same_number("x", "x"));
  EXPECT_TRUE(same_number(std::string(9000, '9'), std::string(9000, '9')));
}

TEST(Numbers, LastNumber) {
  EXPECT_EQ(last_number("3 apples cost $1,080.50."), "1080.50");
  EXPECT_EQ(last_number("from 10 to -4"), "-4");
  EXPECT_EQ(last_number("5, 6"), "6");
  EXPECT_FALSE(last_number("none").has_value());
}

TEST(Rational, ExactArithmetic) {
  const auto third = Rational(1, 3);
  EXPECT_EQ(third + third + third, Rational(1));
  EXPECT_EQ(*Rational::from_decimal("-0.125"), Rational(-1, 8));
  EXPECT_EQ(*Rational::from_decimal("1E-3"), Rational(1, 1000));
  EXPECT_EQ(Rational(7, -2).floor(), BigInteger(-4));
  EXPECT_EQ(Rational(5, 2).rounded(0), Rational(2));
  EXPECT_EQ(Rational(14, 3).rounded(6), *Rational::from_decimal("4.666667"));
  EXPECT_EQ(*Rational::power(Rational(8, 27), Rational(-2, 3)), Rational(9, 4));
  EXPECT_FALSE(Rational::power(2, Rational(1, 2)).has_value());
  EXPECT_FALSE(Rational::power(0, -1).has_value());
  EXPECT_THROW(Rational::power(10, 1'000'000), TooLarge);
  const BigInteger big = BigInteger::power(10, 60) + 7;
  EXPECT_EQ((big * big / big).to_string(), "1" + std::string(59, '0') + "7");
  EXPECT_EQ((big * 3 % BigInteger::power(10, 30)).to_string(), "21");
  EXPECT_EQ(BigInteger::gcd(big * 6, big * 10), big * 2);
  EXPECT_LT(Rational(-1, 2), Rational(1, 3));
}

}  // namespace
}  // namespace c2c::grading
