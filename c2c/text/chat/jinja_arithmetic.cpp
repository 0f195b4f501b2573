// Python's operators on numbers, text and lists. Integers are 64 bits wide; more is an error.
#include <algorithm>
#include <cmath>

#include "c2c/text/chat/jinja_format.h"
#include "c2c/text/chat/jinja_interpreter.h"

namespace c2c::jinja {
namespace {

[[noreturn]] void fail_overflow() {
  fail("integer result too large");
}

[[noreturn]] void fail_operands(const std::string& op, const Value& left, const Value& right) {
  fail("unsupported operand type(s) for " + op + ": '" + left.type_name() + "' and '" + right.type_name() + "'");
}

std::int64_t integer_power(std::int64_t base, std::int64_t exponent) {
  std::int64_t result = 1;
  for (;;) {
    if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) fail_overflow();
    exponent >>= 1;
    if (exponent == 0) return result;
    if (__builtin_mul_overflow(base, base, &base)) fail_overflow();
  }
}

Value integer_operation(char op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  switch (op) {
    case '+':
      if (__builtin_add_overflow(a, b, &result)) fail_overflow();
      return Value(result);
    case '-':
      if (__builtin_sub_overflow(a, b, &result)) fail_overflow();
      return Value(result);
    case '*':
      if (__builtin_mul_overflow(a, b, &result)) fail_overflow();
      return Value(result);
    default:
      break;
  }
  // Floor division and its remainder.
  if (b == 0) fail("integer division or modulo by zero");
  if (b == -1) {
    if (op == '%') return Value(std::int64_t{0});
    if (__builtin_sub_overflow(std::int64_t{0}, a, &result)) fail_overflow();
    return Value(result);
  }
  const bool round_down = a % b != 0 && (a < 0) != (b < 0);
  return Value(op == '%' ? a % b + (round_down ? b : 0) : a / b - (round_down ? 1 : 0));
}

Value float_operation(const std::string& op, double a, double b) {
  if (op == "+") return Value(a + b);
  if (op == "-") return Value(a - b);
  if (op == "*") return Value(a * b);
  if (op == "**") return Value(std::pow(a, b));
  if (b == 0) fail("float division by zero");
  if (op == "/") return Value(a / b);
  double remainder = std::fmod(a, b);
  if (remainder != 0 && (remainder < 0) != (b < 0)) remainder += b;
  return Value(op == "%" ? remainder : std::floor((a - remainder) / b + 0.5));
}

Value repeat(const Value& what, std::int64_t count, Budget& budget) {
  const std::uint64_t times = count > 0 ? static_cast<std::uint64_t>(count) : 0;
  const std::uint64_t size = what.is_string() ? what.string().size() : sizeof(Value) * what.items().size();
  budget.spend_bytes(times, size + 1);
  if (what.is_string()) {
    std::string text;
    for (std::uint64_t i = 0; i < times; ++i) text += what.string();
    return Value(std::move(text));
  }
  Items items;
  for (std::uint64_t i = 0; i < times; ++i) items.insert(items.end(), what.items().begin(), what.items().end());
  return what.kind() == Kind::kTuple ? Value::tuple(std::move(items)) : Value::list(std::move(items));
}

Value join_values(const Value& left, const Value& right, Budget& budget) {
  if (left.is_string()) {
    budget.spend_bytes(left.string().size() + right.string().size());
    return Value(left.string() + right.string());
  }
  budget.spend(1 + 2 * (left.items().size() + right.items().size()));
  Items items = left.items();
  items.insert(items.end(), right.items().begin(), right.items().end());
  return left.kind() == Kind::kTuple ? Value::tuple(std::move(items)) : Value::list(std::move(items));
}

}  // namespace

Value binary_operation(const std::string& op, const Value& left, const Value& right, Budget& budget) {
  if (left.is_undefined()) fail_undefined(left);
  if (op == "%" && left.is_string()) return Value(format_percent(left.string(), right, budget));
  if (right.is_undefined()) fail_undefined(right);
  if (left.is_number() && right.is_number()) {
    const bool integral = left.is_integral() && right.is_integral();
    if (integral && op == "**" && right.integer() >= 0) return Value(integer_power(left.integer(), right.integer()));
    if (integral && op != "/" && op != "**")
      return integer_operation(op == "//" ? '/' : op[0], left.integer(), right.integer());
    return float_operation(op, left.number(), right.number());
  }
  const auto repeatable = [](const Value& value) { return value.is_string() || value.is_sequence(); };
  if (op == "+" && repeatable(left) && left.kind() == right.kind()) return join_values(left, right, budget);
  if (op == "*" && repeatable(left) && right.is_integral()) return repeat(left, right.integer(), budget);
  if (op == "*" && repeatable(right) && left.is_integral()) return repeat(right, left.integer(), budget);
  if (op == "+" && repeatable(left))
    fail("can only concatenate " + left.type_name() + " (not \"" + right.type_name() + "\") to " + left.type_name());
  fail_operands(op, left, right);
}

Value negate(const Value& value) {
  if (value.is_undefined()) fail_undefined(value);
  if (value.kind() == Kind::kFloat) return Value(-value.number());
  if (!value.is_integral()) fail("bad operand type for unary -: '" + value.type_name() + "'");
  return integer_operation('-', 0, value.integer());
}

}  // namespace c2c::jinja
