// Runs a syntax tree: scopes, statements, expressions. One interpreter per render; it is not shared between threads.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "c2c/text/chat/jinja_ast.h"
#include "c2c/text/chat/jinja_value.h"

namespace c2c::jinja {

// Variables of a loop body, macro call, ... A name not found here is looked for in the parent.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::vector<std::pair<std::string, Value>> variables;

  Value* find(std::string_view name);
  void set(std::string_view name, Value value);
};
using ScopePtr = std::shared_ptr<Scope>;

class LoopObject;
class NamespaceObject;

class Interpreter {
 public:
  // `now`: seconds since 1970 for strftime_now; absent: the clock.
  Interpreter(Budget& budget, std::optional<std::int64_t> now);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  std::string render(const Body& body, std::vector<std::pair<std::string, Value>> variables);
  std::size_t offset() const { return offset_; }  // in the source, of what ran last

  // What filters, methods and objects need.
  Budget& budget() { return budget_; }
  std::optional<std::int64_t> now() const { return now_; }
  Value attribute(const Value& base, const std::string& name);  // base.name
  Value item(const Value& base, const Value& key);              // base[key]
  Value call(const Value& callee, const CallArgs& args);
  Value filter(const std::string& name, const Value& input, const CallArgs& args);
  bool test(const std::string& name, const Value& input, const CallArgs& args);
  // A macro's or caller()'s text. `extra`: more variables (caller, varargs, kwargs).
  std::string run_function(const Signature& signature, const Body& body, const ScopePtr& closure,
                           const std::vector<std::pair<std::string, Value>>& bound);
  std::string run_loop_captured(const Statement& loop, const Value& iterable, const ScopePtr& outer, int depth);
  bool passes(const Statement& loop, const Value& item, const ScopePtr& outer);  // the loop's `if`
  // Objects that can be changed and so can hold themselves: emptied at the end, which breaks the cycles.
  void keep(std::shared_ptr<NamespaceObject> object);

 private:
  enum class Flow { kNext, kBreak, kContinue };

  class Enter;
  class InScope;

  Flow run(const Body& body);
  Flow run(const Statement& statement);
  Flow run_scoped(const Body& body);
  Flow run_if(const Statement& statement);
  void run_for(const Statement& statement, const Value& iterable, const ScopePtr& outer, int depth);
  void run_set_block(const Statement& statement);
  void run_macro_statement(const Statement& statement);
  void run_call_block(const Statement& statement);
  void run_with(const Statement& statement);
  void assign(const Expr& target, Value value);
  void output(std::string_view text);
  std::string capture(const std::function<void()>& write);
  ScopePtr captured_scope();  // the current one, which a function keeps

  Value evaluate(const Expr& expr);
  Value evaluate_here(const Expr& expr);
  Value evaluate_name(const Expr& expr);
  Value evaluate_items(const Expr& expr);
  Value evaluate_dict(const Expr& expr);
  Value evaluate_item(const Expr& expr);
  Value evaluate_slice(const Value& base, const Expr& slice);
  Value evaluate_compare(const Expr& expr);
  Value evaluate_concat(const Expr& expr);
  Value evaluate_call(const Expr& expr, const Value* caller = nullptr);
  Value evaluate_filter(const Expr& expr, const Value* head);
  CallArgs evaluate_args(const Expr& expr, std::size_t first);

  Budget& budget_;
  std::optional<std::int64_t> now_;
  ScopePtr scope_;
  std::string* out_ = nullptr;
  std::size_t offset_ = 0;
  std::vector<ScopePtr> captured_;
  std::vector<std::shared_ptr<NamespaceObject>> kept_;
};

// Python's + - * / // % ** and unary minus (jinja_arithmetic.cpp).
Value binary_operation(const std::string& op, const Value& left, const Value& right, Budget& budget);
Value negate(const Value& value);

// Tables, each in its own file; nullptr: no such name.
using FilterFunction = Value (*)(Interpreter&, const Value& input, const CallArgs& args);
using TestFunction = bool (*)(Interpreter&, const Value& input, const CallArgs& args);
using MethodFunction = Value (*)(Interpreter&, const Value& self, const CallArgs& args);
FilterFunction find_filter(std::string_view name);
FilterFunction find_text_filter(std::string_view name);
FilterFunction find_sequence_filter(std::string_view name);
TestFunction find_test(std::string_view name);
MethodFunction find_method(Kind kind, std::string_view name);
bool changes_in_place(Kind kind, std::string_view name);  // methods that the sandbox forbids
const Value* find_global(std::string_view name);

}  // namespace c2c::jinja
