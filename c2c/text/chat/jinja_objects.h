// The values with identity: functions, macros, namespaces and loops.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "c2c/text/chat/jinja_interpreter.h"

namespace c2c::jinja {

class FunctionObject : public Object {
 public:
  using Body = std::function<Value(Interpreter&, const CallArgs&)>;
  // `holds`: depth of the values that `body` keeps.
  FunctionObject(std::string name, Body body, int holds = 0);
  std::string type_name() const override { return "function"; }
  bool callable() const override { return true; }
  Value call(Interpreter& interpreter, const CallArgs& args) override { return body_(interpreter, args); }
  std::string repr(Budget&, int) const override { return "<function " + name_ + ">"; }
  int depth() const override { return depth_; }

 private:
  std::string name_;
  Body body_;
  int depth_;
};

// A macro, or caller() of a call block. `signature` and `body` live as long as the template.
class MacroObject : public Object {
 public:
  MacroObject(std::string name, const Signature& signature, const Body& body, ScopePtr closure)
      : name_(std::move(name)), signature_(signature), body_(body), closure_(std::move(closure)) {}
  std::string type_name() const override { return "Macro"; }
  bool callable() const override { return true; }
  Value call(Interpreter& interpreter, const CallArgs& args) override;
  Value computed_attribute(Interpreter&, std::string_view name) override;
  std::string repr(Budget&, int) const override { return "<Macro " + repr_string(name_) + ">"; }

 private:
  std::string name_;
  const Signature& signature_;
  const Body& body_;
  ScopePtr closure_;
};

class NamespaceObject : public Object {
 public:
  std::string type_name() const override { return "Namespace"; }
  const Value* attribute(std::string_view name) const override;
  void set(std::string_view name, Value value);
  void clear();
  std::string repr(Budget& budget, int depth) const override;

 private:
  std::vector<std::pair<std::string, Value>> attributes_;  // in order of their making
  std::unordered_map<std::string, std::size_t> index_;
};

// `loop` of a for. Items are tested as the loop reaches them, or when the template asks what comes next.
class LoopObject : public Object, public std::enable_shared_from_this<LoopObject> {
 public:
  LoopObject(const Statement& node, Items items, ScopePtr outer, int depth0)
      : node_(node), items_(std::move(items)), outer_(std::move(outer)), depth0_(depth0) {}
  bool advance(Interpreter& interpreter);
  const Value& current() const { return current_; }
  void finish();  // lets go of the values

  std::string type_name() const override { return "LoopContext"; }
  bool callable() const override { return true; }
  Value call(Interpreter& interpreter, const CallArgs& args) override;
  Value computed_attribute(Interpreter& interpreter, std::string_view name) override;

 private:
  bool peek(Interpreter& interpreter);  // an item follows: next_ is it
  std::int64_t length(Interpreter& interpreter);
  Value method(std::string_view name);

  const Statement& node_;
  Items items_;
  ScopePtr outer_;
  int depth0_;
  std::size_t at_ = 0;  // first item not looked at
  std::int64_t index0_ = -1;
  std::optional<std::int64_t> length_;
  bool has_next_ = false;
  bool tested_ = false;  // items_ passed the loop's `if` already
  Value current_, previous_, next_;
  std::optional<Value> changed_;
};

}  // namespace c2c::jinja
