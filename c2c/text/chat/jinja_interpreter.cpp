#include "c2c/text/chat/jinja_interpreter.h"

#include <algorithm>

#include "c2c/text/chat/jinja_objects.h"

namespace c2c::jinja {

Value* Scope::find(std::string_view name) {
  for (auto& [key, value] : variables)
    if (key == name) return &value;
  return nullptr;
}

void Scope::set(std::string_view name, Value value) {
  if (Value* known = find(name))
    *known = std::move(value);
  else
    variables.emplace_back(std::string(name), std::move(value));
}

// One more level of evaluation, while it lives.
class Interpreter::Enter {
 public:
  explicit Enter(Budget& budget) : budget_(budget) {
    budget_.spend(1);
    budget_.enter();
  }
  ~Enter() { budget_.leave(); }
  Enter(const Enter&) = delete;
  Enter& operator=(const Enter&) = delete;

 private:
  Budget& budget_;
};

// A scope that is current while this lives.
class Interpreter::InScope {
 public:
  InScope(Interpreter& interpreter, ScopePtr scope) : interpreter_(interpreter), saved_(std::move(scope)) {
    std::swap(interpreter_.scope_, saved_);
  }
  ~InScope() { std::swap(interpreter_.scope_, saved_); }
  InScope(const InScope&) = delete;
  InScope& operator=(const InScope&) = delete;
  static ScopePtr child_of(const ScopePtr& parent) { return std::make_shared<Scope>(Scope{parent, {}}); }

 private:
  Interpreter& interpreter_;
  ScopePtr saved_;
};

Interpreter::Interpreter(Budget& budget, std::optional<std::int64_t> now) : budget_(budget), now_(now) {}

Interpreter::~Interpreter() {
  for (const ScopePtr& scope : captured_)
    for (Scope* one = scope.get(); one != nullptr; one = one->parent.get()) one->variables.clear();
  for (const auto& object : kept_) object->clear();
}

void Interpreter::keep(std::shared_ptr<NamespaceObject> object) {
  budget_.spend(8);
  kept_.push_back(std::move(object));
}

std::string Interpreter::render(const Body& body, std::vector<std::pair<std::string, Value>> variables) {
  scope_ = std::make_shared<Scope>(Scope{nullptr, std::move(variables)});
  std::string text;
  out_ = &text;
  // Assignments of the template live beside its inputs, as in jinja2.
  run(body);
  return text;
}

void Interpreter::output(std::string_view text) {
  budget_.spend_bytes(text.size());
  if (out_->size() + text.size() > budget_.output_bytes())
    fail("the rendered text is too long (limit of the renderer)");
  *out_ += text;
}

std::string Interpreter::capture(const std::function<void()>& write) {
  std::string text;
  struct Restore {
    std::string*& slot;
    std::string* saved;
    ~Restore() { slot = saved; }
  } restore{out_, out_};
  out_ = &text;
  write();
  return text;
}

ScopePtr Interpreter::captured_scope() {
  budget_.spend(8);
  captured_.push_back(scope_);
  return scope_;
}

Interpreter::Flow Interpreter::run(const Body& body) {
  for (const auto& statement : body)
    if (const Flow flow = run(*statement); flow != Flow::kNext) return flow;
  return Flow::kNext;
}

Interpreter::Flow Interpreter::run_scoped(const Body& body) {
  const InScope inside(*this, InScope::child_of(scope_));
  return run(body);
}

Interpreter::Flow Interpreter::run(const Statement& statement) {
  const Enter enter(budget_);
  offset_ = statement.offset;
  switch (statement.kind) {
    case StatementKind::kText:
      output(statement.text);
      break;
    case StatementKind::kPrint: {
      const Value value = evaluate(*statement.expr);
      value.is_string() ? output(value.string()) : output(to_text(value, budget_));
      break;
    }
    case StatementKind::kFor: {
      const Value iterable = evaluate(*statement.expr);
      run_for(statement, iterable, scope_, 0);
      break;
    }
    case StatementKind::kIf:
      return run_if(statement);
    case StatementKind::kSet:
      assign(*statement.target, evaluate(*statement.expr));
      break;
    case StatementKind::kSetBlock:
      run_set_block(statement);
      break;
    case StatementKind::kMacro:
      run_macro_statement(statement);
      break;
    case StatementKind::kCallBlock:
      run_call_block(statement);
      break;
    case StatementKind::kFilterBlock: {
      const Value text(capture([&] { run_scoped(statement.body); }));
      output(to_text(evaluate_filter(*statement.expr, &text), budget_));
      break;
    }
    case StatementKind::kWith:
      run_with(statement);
      break;
    case StatementKind::kScope:
      return run_scoped(statement.body);
    case StatementKind::kBreak:
      return Flow::kBreak;
    case StatementKind::kContinue:
      return Flow::kContinue;
  }
  return Flow::kNext;
}

Interpreter::Flow Interpreter::run_if(const Statement& statement) {
  for (const Branch& branch : statement.branches)
    if (evaluate(*branch.test).truthy()) return run(branch.body);
  return run(statement.else_body);
}

void Interpreter::run_for(const Statement& statement, const Value& iterable, const ScopePtr& outer, int depth) {
  const auto loop = std::make_shared<LoopObject>(statement, iterate(iterable, budget_), outer, depth);
  struct Finish {
    LoopObject& loop;
    ~Finish() { loop.finish(); }
  } finish{*loop};
  bool any = false;
  while (loop->advance(*this)) {
    any = true;
    budget_.spend(4);
    const InScope inside(*this, InScope::child_of(outer));
    scope_->set("loop", Value(std::static_pointer_cast<Object>(loop)));
    assign(*statement.target, loop->current());
    if (run(statement.body) == Flow::kBreak) return;
  }
  if (any) return;
  const InScope inside(*this, InScope::child_of(outer));
  run(statement.else_body);
}

std::string Interpreter::run_loop_captured(const Statement& loop, const Value& iterable, const ScopePtr& outer,
                                           int depth) {
  return capture([&] { run_for(loop, iterable, outer, depth); });
}

bool Interpreter::passes(const Statement& loop, const Value& item, const ScopePtr& outer) {
  const InScope inside(*this, InScope::child_of(outer));
  assign(*loop.target, item);
  return evaluate(*loop.test).truthy();
}

void Interpreter::run_set_block(const Statement& statement) {
  Value text(capture([&] { run_scoped(statement.body); }));
  if (statement.expr) text = evaluate_filter(*statement.expr, &text);
  assign(*statement.target, std::move(text));
}

void Interpreter::run_macro_statement(const Statement& statement) {
  auto macro = std::make_shared<MacroObject>(statement.text, statement.signature, statement.body, captured_scope());
  scope_->set(statement.text, Value(std::static_pointer_cast<Object>(std::move(macro))));
}

void Interpreter::run_call_block(const Statement& statement) {
  auto caller = std::make_shared<MacroObject>("caller", statement.signature, statement.body, captured_scope());
  const Value function(std::static_pointer_cast<Object>(std::move(caller)));
  output(to_text(evaluate_call(*statement.expr, &function), budget_));
}

void Interpreter::run_with(const Statement& statement) {
  // Values are evaluated outside of the new scope.
  std::vector<Value> values;
  for (const ExprPtr& value : statement.signature.defaults) values.push_back(evaluate(*value));
  const InScope inside(*this, InScope::child_of(scope_));
  for (std::size_t i = 0; i < values.size(); ++i) assign(*statement.signature.targets[i], values[i]);
  run(statement.body);
}

std::string Interpreter::run_function(const Signature& signature, const Body& body, const ScopePtr& closure,
                                      const std::vector<std::pair<std::string, Value>>& bound) {
  const Enter enter(budget_);
  const InScope inside(*this, InScope::child_of(closure));
  for (const auto& [name, value] : bound) scope_->set(name, value);
  const std::size_t first_default = signature.targets.size() - signature.defaults.size();
  for (std::size_t i = 0; i < signature.targets.size(); ++i) {
    const std::string& name = signature.targets[i]->name;
    if (scope_->find(name) != nullptr) continue;
    scope_->set(name, i >= first_default ? evaluate(*signature.defaults[i - first_default])
                                         : Value::undefined("parameter " + repr_string(name) + " was not provided"));
  }
  return capture([&] { run(body); });
}

void Interpreter::assign(const Expr& target, Value value) {
  if (target.kind == ExprKind::kName) {
    budget_.spend(1 + scope_->variables.size() / 8);
    scope_->set(target.name, std::move(value));
    return;
  }
  if (target.kind == ExprKind::kNamespaceTarget) {
    const Value holder = evaluate_name(target);
    auto* space = holder.kind() == Kind::kObject ? dynamic_cast<NamespaceObject*>(holder.object().get()) : nullptr;
    if (space == nullptr) fail("cannot assign attribute on non-namespace object");
    space->set(target.value.string(), std::move(value));
    return;
  }
  const Items parts = iterate(value, budget_);
  if (parts.size() != target.items.size())
    fail((parts.size() < target.items.size() ? "not enough values to unpack (expected "
                                             : "too many values to unpack (expected ") +
         std::to_string(target.items.size()) + ")");
  for (std::size_t i = 0; i < parts.size(); ++i) assign(*target.items[i], parts[i]);
}

}  // namespace c2c::jinja
