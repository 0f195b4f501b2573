// Expressions of the interpreter.
#include <algorithm>

#include "c2c/text/chat/jinja_interpreter.h"
#include "c2c/text/chat/jinja_objects.h"
#include "c2c/text/chat/jinja_text.h"

namespace c2c::jinja {
namespace {

// How jinja2 names a value in "... has no attribute".
std::string describe(const Value& value) {
  return value.is_none() ? "None" : value.type_name() + " object";
}

std::optional<std::int64_t> slice_bound(const Value& value) {
  if (value.is_none()) return std::nullopt;
  if (value.is_undefined()) fail_undefined(value);
  if (!value.is_integral()) fail("slice indices must be integers or None");
  return value.integer();
}

Value slice_value(const Value& base, std::optional<std::int64_t> start, std::optional<std::int64_t> stop,
                  std::int64_t step, Budget& budget) {
  if (base.is_string()) {
    budget.spend_bytes(base.string().size());
    return Value(slice_text(base.string(), start, stop, step));
  }
  if (!base.is_sequence()) return Value::undefined("'" + describe(base) + "' cannot be sliced");
  const Items& items = base.items();
  const SliceRange range = resolve_slice(static_cast<std::int64_t>(items.size()), start, stop, step);
  budget.spend(2 * static_cast<std::uint64_t>(range.count) + 1);
  Items out;
  for (std::int64_t i = 0, at = range.start; i < range.count; ++i, at += i < range.count ? step : 0)
    out.push_back(items[static_cast<std::size_t>(at)]);
  return base.kind() == Kind::kTuple ? Value::tuple(std::move(out)) : Value::list(std::move(out));
}

// base[index] for text and sequences; undefined where it is out of range.
std::optional<Value> at_index(const Value& base, std::int64_t index, Budget& budget) {
  const auto size = static_cast<std::int64_t>(length(base, budget));
  if (index < 0) index += size;
  if (index < 0 || index >= size) return std::nullopt;
  const auto at = static_cast<std::size_t>(index);
  return base.is_string() ? Value(sub_text(base.string(), at, at + 1)) : base.items()[at];
}

Value bound_method(const Value& self, const std::string& name, MethodFunction method) {
  return Value(std::make_shared<FunctionObject>(
      name, [self, method](Interpreter& interpreter, const CallArgs& args) { return method(interpreter, self, args); },
      self.depth()));
}

}  // namespace

Value Interpreter::attribute(const Value& base, const std::string& name) {
  budget_.spend_bytes(name.size());
  if (base.is_undefined()) fail_undefined(base);
  if (base.kind() == Kind::kObject) {
    if (const Value* found = base.object()->attribute(name)) return *found;
    Value computed = base.object()->computed_attribute(*this, name);
    if (!computed.is_undefined() || !computed.hint().empty()) return computed;
  } else {
    if (const MethodFunction method = find_method(base.kind(), name)) return bound_method(base, name, method);
    if (changes_in_place(base.kind(), name))
      return Value::undefined("access to attribute " + repr_string(name) + " of " + repr_string(base.type_name()) +
                              " object is unsafe.");
    if (base.is_dict())
      if (const Value* found = base.dict().find(name)) return *found;
  }
  return Value::undefined(repr_string(describe(base)) + " has no attribute " + repr_string(name));
}

Value Interpreter::item(const Value& base, const Value& key) {
  budget_.spend(1);
  if (base.is_undefined()) fail_undefined(base);
  if (base.is_dict()) {
    if (const Value* found = base.dict().find(key, budget_)) return *found;
  } else if (key.is_integral() && (base.is_string() || base.is_sequence())) {
    if (std::optional<Value> found = at_index(base, key.integer(), budget_)) return *std::move(found);
  }
  if (key.is_string()) return attribute(base, key.string());
  if (key.is_undefined()) return Value::undefined(describe(base) + " has no element Undefined");
  return Value::undefined(describe(base) + " has no element " + to_repr(key, budget_));
}

Value Interpreter::call(const Value& callee, const CallArgs& args) {
  if (callee.is_undefined()) fail_undefined(callee);
  if (callee.kind() != Kind::kObject || !callee.object()->callable())
    fail("'" + callee.type_name() + "' object is not callable");
  return callee.object()->call(*this, args);
}

Value Interpreter::filter(const std::string& name, const Value& input, const CallArgs& args) {
  const FilterFunction function = find_filter(name);
  if (function == nullptr) fail("No filter named " + repr_string(name) + ".");
  budget_.spend(1);
  return function(*this, input, args);
}

bool Interpreter::test(const std::string& name, const Value& input, const CallArgs& args) {
  const TestFunction function = find_test(name);
  if (function == nullptr) fail("No test named " + repr_string(name) + ".");
  budget_.spend(1);
  return function(*this, input, args);
}

Value Interpreter::evaluate(const Expr& expr) {
  if (expr.kind == ExprKind::kConstant) return expr.value;
  budget_.spend(1);
  budget_.enter();
  struct Leave {
    Budget& budget;
    ~Leave() { budget.leave(); }
  } leave{budget_};
  offset_ = expr.offset;
  return evaluate_here(expr);
}

Value Interpreter::evaluate_here(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kConstant:
      return expr.value;
    case ExprKind::kName:
    case ExprKind::kNamespaceTarget:
      return evaluate_name(expr);
    case ExprKind::kList:
    case ExprKind::kTuple:
      return evaluate_items(expr);
    case ExprKind::kDict:
      return evaluate_dict(expr);
    case ExprKind::kAttribute:
      return attribute(evaluate(*expr.items[0]), expr.name);
    case ExprKind::kItem:
      return evaluate_item(expr);
    case ExprKind::kSlice:
      fail("a slice is only an index");
    case ExprKind::kCall:
      return evaluate_call(expr);
    case ExprKind::kFilter:
      return evaluate_filter(expr, nullptr);
    case ExprKind::kTest: {
      const Value input = evaluate(*expr.items[0]);
      return Value(test(expr.name, input, evaluate_args(expr, 1)));
    }
    case ExprKind::kNot:
      return Value(!evaluate(*expr.items[0]).truthy());
    case ExprKind::kNegate:
      return negate(evaluate(*expr.items[0]));
    case ExprKind::kPlus:
      return negate(negate(evaluate(*expr.items[0])));
    case ExprKind::kBinary: {
      const Value left = evaluate(*expr.items[0]);
      const Value right = evaluate(*expr.items[1]);
      offset_ = expr.offset;
      return binary_operation(expr.name, left, right, budget_);
    }
    case ExprKind::kCompare:
      return evaluate_compare(expr);
    case ExprKind::kConcat:
      return evaluate_concat(expr);
    case ExprKind::kAnd:
    case ExprKind::kOr: {
      Value left = evaluate(*expr.items[0]);
      return left.truthy() == (expr.kind == ExprKind::kOr) ? left : evaluate(*expr.items[1]);
    }
    case ExprKind::kIf: {
      if (evaluate(*expr.items[0]).truthy()) return evaluate(*expr.items[1]);
      if (expr.items[2]) return evaluate(*expr.items[2]);
      return Value::undefined("the inline if-expression evaluated to false and no else section was defined.");
    }
  }
  return {};
}

Value Interpreter::evaluate_name(const Expr& expr) {
  std::uint64_t looked_at = 0;
  for (Scope* scope = scope_.get(); scope != nullptr; scope = scope->parent.get()) {
    looked_at += 1 + scope->variables.size() / 8;
    if (const Value* found = scope->find(expr.name)) {
      budget_.spend(looked_at / 4);
      return *found;
    }
  }
  budget_.spend(looked_at / 4);
  if (const Value* global = find_global(expr.name)) return *global;
  return Value::undefined(repr_string(expr.name) + " is undefined");
}

Value Interpreter::evaluate_items(const Expr& expr) {
  Items items;
  for (const ExprPtr& one : expr.items) items.push_back(evaluate(*one));
  budget_.spend(2 * items.size());
  return expr.kind == ExprKind::kTuple ? Value::tuple(std::move(items)) : Value::list(std::move(items));
}

Value Interpreter::evaluate_dict(const Expr& expr) {
  Dict dict;
  for (std::size_t i = 0; i < expr.items.size(); i += 2) {
    Value key = evaluate(*expr.items[i]);
    dict.set(std::move(key), evaluate(*expr.items[i + 1]), budget_);
  }
  return Value::dict(std::move(dict));
}

Value Interpreter::evaluate_item(const Expr& expr) {
  const Value base = evaluate(*expr.items[0]);
  const Expr& index = *expr.items[1];
  if (index.kind == ExprKind::kSlice) return evaluate_slice(base, index);
  const Value key = evaluate(index);
  offset_ = expr.offset;
  return item(base, key);
}

Value Interpreter::evaluate_slice(const Value& base, const Expr& slice) {
  if (base.is_undefined()) fail_undefined(base);
  std::optional<std::int64_t> bounds[3];
  for (std::size_t i = 0; i < 3; ++i)
    if (slice.items[i]) bounds[i] = slice_bound(evaluate(*slice.items[i]));
  const std::int64_t step = bounds[2].value_or(1);
  if (step == 0) fail("slice step cannot be zero");
  return slice_value(base, bounds[0], bounds[1], step, budget_);
}

Value Interpreter::evaluate_compare(const Expr& expr) {
  Value left = evaluate(*expr.items[0]);
  for (std::size_t i = 0; i < expr.operators.size(); ++i) {
    const std::string& op = expr.operators[i];
    Value right = evaluate(*expr.items[i + 1]);
    bool holds = false;
    if (op == "==" || op == "!=")
      holds = equals(left, right, budget_) == (op == "==");
    else if (op == "in" || op == "not in")
      holds = contains(right, left, budget_) == (op == "in");
    else if (op == "<" || op == ">=")
      holds = op == "<" ? less(left, right, budget_) : less(right, left, budget_) || equals(left, right, budget_);
    else
      holds = op == ">" ? less(right, left, budget_) : less(left, right, budget_) || equals(left, right, budget_);
    if (!holds) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Value Interpreter::evaluate_concat(const Expr& expr) {
  std::string text;
  for (const ExprPtr& one : expr.items) {
    const std::string part = to_text(evaluate(*one), budget_);
    budget_.spend_bytes(part.size());
    text += part;
  }
  return Value(std::move(text));
}

CallArgs Interpreter::evaluate_args(const Expr& expr, std::size_t first) {
  CallArgs args;
  for (std::size_t i = first; i < expr.items.size(); ++i) args.positional.push_back(evaluate(*expr.items[i]));
  if (expr.more)
    for (Value& one : iterate(evaluate(*expr.more), budget_)) args.positional.push_back(std::move(one));
  for (const auto& [key, value] : expr.named) args.named.emplace_back(key, evaluate(*value));
  if (expr.more_named) {
    const Value more = evaluate(*expr.more_named);
    if (!more.is_dict()) fail("argument after ** must be a mapping, not " + more.type_name());
    for (const auto& [key, value] : more.dict().entries()) {
      if (!key.is_string()) fail("keywords must be strings");
      if (args.find(key.string()) != nullptr) fail("got multiple values for keyword argument '" + key.string() + "'");
      budget_.spend(4 + args.named.size());
      args.named.emplace_back(key.string(), value);
    }
  }
  return args;
}

Value Interpreter::evaluate_call(const Expr& expr, const Value* caller) {
  const Value callee = evaluate(*expr.items[0]);
  CallArgs args = evaluate_args(expr, 1);
  if (caller != nullptr) args.named.emplace_back("caller", *caller);
  offset_ = expr.offset;
  return call(callee, args);
}

Value Interpreter::evaluate_filter(const Expr& expr, const Value* head) {
  Value input;
  if (!expr.items[0])
    input = *head;
  else if (expr.items[0]->kind == ExprKind::kFilter)
    input = evaluate_filter(*expr.items[0], head);  // depth is bounded by the parser
  else
    input = evaluate(*expr.items[0]);
  const CallArgs args = evaluate_args(expr, 1);
  offset_ = expr.offset;
  return filter(expr.name, input, args);
}

}  // namespace c2c::jinja
