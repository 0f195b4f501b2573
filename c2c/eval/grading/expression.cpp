#include "c2c/eval/grading/expression.h"

#include <algorithm>

namespace c2c::grading {
namespace {

std::shared_ptr<Expression> fresh(Kind kind, Exprs args = {}) {
  auto out = std::make_shared<Expression>();
  out->kind = kind;
  out->args = std::move(args);
  return out;
}

Expr flat(Kind kind, const Expr& a, const Expr& b) {
  Exprs args;
  for (const Expr& part : {a, b}) {
    if (part->is(kind)) {
      args.insert(args.end(), part->args.begin(), part->args.end());
    } else {
      args.push_back(part);
    }
  }
  return fresh(kind, std::move(args));
}

bool same_elements(const Exprs& a, const Exprs& b) {
  return std::all_of(a.begin(), a.end(), [&](const Expr& x) {
    return std::any_of(b.begin(), b.end(), [&](const Expr& y) { return same_expr(x, y); });
  });
}

}  // namespace

Expr number_expr(Rational value, bool is_float) {
  auto out = fresh(Kind::kNumber);
  out->number = std::move(value);
  out->is_float = is_float;
  return out;
}
Expr infinity_expr(int sign) {
  auto out = fresh(Kind::kInfinity);
  out->number = sign;
  return out;
}
Expr symbol_expr(std::string name, bool is_real) {
  auto out = fresh(Kind::kSymbol);
  out->name = std::move(name);
  out->is_real = is_real;
  return out;
}
Expr make_expr(Kind kind, Exprs args, std::string name) {
  auto out = fresh(kind, std::move(args));
  out->name = std::move(name);
  return out;
}
Expr interval_expr(Expr start, Expr end, bool left_open, bool right_open) {
  auto out = fresh(Kind::kInterval, {std::move(start), std::move(end)});
  out->left_open = left_open || out->args[0]->is(Kind::kInfinity);
  out->right_open = right_open || out->args[1]->is(Kind::kInfinity);
  return out;
}
Expr set_expr(const Exprs& elements) {
  if (elements.empty()) return make_expr(Kind::kNamedSet);
  Exprs once;
  for (const Expr& element : elements)
    if (std::none_of(once.begin(), once.end(), [&](const Expr& kept) { return same_expr(kept, element); }))
      once.push_back(element);
  return fresh(Kind::kSet, std::move(once));
}
Expr matrix_expr(Exprs elements, std::size_t columns) {
  auto out = fresh(Kind::kMatrix, std::move(elements));
  out->columns = columns;
  return out;
}

Expr add_expr(const Expr& a, const Expr& b) {
  return flat(Kind::kAdd, a, b);
}
Expr mul_expr(const Expr& a, const Expr& b) {
  return flat(Kind::kMul, a, b);
}
Expr pow_expr(Expr base, Expr exponent) {
  return fresh(Kind::kPow, {std::move(base), std::move(exponent)});
}
Expr negative_expr(const Expr& a) {
  if (a->is(Kind::kNumber)) return number_expr(-a->number, a->is_float);
  if (a->is(Kind::kInfinity)) return infinity_expr(a->number.is_negative() ? 1 : -1);
  return mul_expr(number_expr(-1), a);
}
Expr quotient_expr(const Expr& a, const Expr& b) {
  if (a->is_integer() && b->is_integer()) {
    if (b->number.is_zero()) return make_expr(Kind::kUndefined);
    return number_expr(a->number / b->number);
  }
  return fresh(Kind::kMul, {a, pow_expr(b, number_expr(-1))});
}
Expr percent_expr(const Expr& a) {
  return fresh(Kind::kMul, {a, number_expr(Rational(1, 100))});
}

bool same_expr(const Expr& a, const Expr& b) {
  if (a == b) return true;
  if (a->kind != b->kind || a->args.size() != b->args.size()) return false;
  switch (a->kind) {
    case Kind::kUndefined:
      return false;
    case Kind::kNumber:
    case Kind::kInfinity:
      return a->number == b->number && a->is_float == b->is_float;
    case Kind::kSymbol:
      return a->name == b->name && a->is_real == b->is_real;
    case Kind::kSet:
      return same_elements(a->args, b->args);
    default:
      break;
  }
  if (a->name != b->name || a->columns != b->columns || a->left_open != b->left_open || a->right_open != b->right_open)
    return false;
  return std::equal(a->args.begin(), a->args.end(), b->args.begin(), same_expr);
}

}  // namespace c2c::grading
