#include "c2c/text/chat/jinja_objects.h"

#include <algorithm>

namespace c2c::jinja {

FunctionObject::FunctionObject(std::string name, Body body, int holds)
    : name_(std::move(name)), body_(std::move(body)), depth_(holds + 1) {
  if (depth_ > kMaxValueDepth) fail("a function holds values that are nested too deeply");
}

Value MacroObject::call(Interpreter& interpreter, const CallArgs& args) {
  const std::size_t count = signature_.targets.size();
  std::vector<std::pair<std::string, Value>> bound;  // missing parameters are left to run_function
  std::vector<bool> used(args.named.size(), false);
  const auto take = [&](std::string_view key) -> const Value* {
    for (std::size_t i = 0; i < args.named.size(); ++i)
      if (args.named[i].first == key) {
        used[i] = true;
        return &args.named[i].second;
      }
    return nullptr;
  };
  bool found_caller = false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& name = signature_.targets[i]->name;
    const Value* value = i < args.positional.size() ? &args.positional[i] : take(name);
    if (value != nullptr) bound.emplace_back(name, *value);
    found_caller |= name == "caller";
  }
  if (signature_.takes_caller && !found_caller) {
    const Value* caller = take("caller");
    bound.emplace_back("caller", caller != nullptr ? *caller : Value::undefined("No caller defined"));
  }
  Dict rest;
  for (std::size_t i = 0; i < args.named.size(); ++i) {
    if (used[i]) continue;
    if (!signature_.takes_more_named)
      fail("macro " + repr_string(name_) + " takes no keyword argument " + repr_string(args.named[i].first));
    rest.set(Value(args.named[i].first), args.named[i].second, interpreter.budget());
  }
  if (signature_.takes_more_named) bound.emplace_back("kwargs", Value::dict(std::move(rest)));
  Items more;
  for (std::size_t i = count; i < args.positional.size(); ++i) more.push_back(args.positional[i]);
  if (signature_.takes_more)
    bound.emplace_back("varargs", Value::tuple(std::move(more)));
  else if (!more.empty())
    fail("macro " + repr_string(name_) + " takes not more than " + std::to_string(count) + " argument(s)");
  return Value(interpreter.run_function(signature_, body_, closure_, bound));
}

Value MacroObject::computed_attribute(Interpreter&, std::string_view name) {
  if (name == "name") return Value(name_);
  if (name == "arguments") {
    Items names;
    for (const ExprPtr& target : signature_.targets) names.emplace_back(target->name);
    return Value::tuple(std::move(names));
  }
  if (name == "catch_kwargs") return Value(signature_.takes_more_named);
  if (name == "catch_varargs") return Value(signature_.takes_more);
  if (name == "caller") return Value(signature_.takes_caller);
  return {};
}

const Value* NamespaceObject::attribute(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? nullptr : &attributes_[found->second].second;
}

void NamespaceObject::set(std::string_view name, Value value) {
  const auto [found, added] = index_.try_emplace(std::string(name), attributes_.size());
  if (added)
    attributes_.emplace_back(std::string(name), std::move(value));
  else
    attributes_[found->second].second = std::move(value);
}

void NamespaceObject::clear() {
  index_.clear();
  std::exchange(attributes_, {});  // destroyed when the namespace is empty already
}

std::string NamespaceObject::repr(Budget& budget, int depth) const {
  std::string out = "<Namespace {";
  bool first = true;
  for (const auto& [key, value] : attributes_) {
    out += (first ? "" : ", ") + repr_string(key) + ": " + to_repr(value, budget, depth + 1);
    first = false;
  }
  return out + "}>";
}

bool LoopObject::peek(Interpreter& interpreter) {
  while (!has_next_ && at_ < items_.size()) {
    Value candidate = items_[at_++];
    if (tested_ || !node_.test || interpreter.passes(node_, candidate, outer_)) {
      next_ = std::move(candidate);
      has_next_ = true;
    }
  }
  return has_next_;
}

bool LoopObject::advance(Interpreter& interpreter) {
  if (!peek(interpreter)) return false;
  previous_ = std::move(current_);
  current_ = std::move(next_);
  has_next_ = false;
  ++index0_;
  return true;
}

std::int64_t LoopObject::length(Interpreter& interpreter) {
  if (!length_) {
    Items rest;
    for (; peek(interpreter); has_next_ = false) rest.push_back(std::move(next_));
    length_ = index0_ + 1 + static_cast<std::int64_t>(rest.size());
    items_ = std::move(rest);  // these passed: they are the items to come
    at_ = 0;
    tested_ = true;
  }
  return *length_;
}

void LoopObject::finish() {
  items_.clear();
  at_ = 0;
  has_next_ = false;
  current_ = previous_ = next_ = Value();
  changed_.reset();
  outer_.reset();
}

Value LoopObject::call(Interpreter& interpreter, const CallArgs& args) {
  if (!node_.recursive) fail("The loop must have the 'recursive' marker to be called recursively.");
  const Items bound = args.bind("loop", {"iterable"});
  if (!outer_) fail("the loop is over");
  return Value(interpreter.run_loop_captured(node_, bound[0], outer_, depth0_ + 1));
}

Value LoopObject::method(std::string_view name) {
  auto self = shared_from_this();
  if (name == "cycle")
    return Value(std::make_shared<FunctionObject>("cycle", [self](Interpreter&, const CallArgs& args) {
      if (args.positional.empty()) fail("no items for cycling given");
      const auto at = static_cast<std::size_t>(std::max<std::int64_t>(self->index0_, 0)) % args.positional.size();
      return args.positional[at];
    }));
  return Value(std::make_shared<FunctionObject>("changed", [self](Interpreter& interpreter, const CallArgs& args) {
    Value value = Value::tuple(args.positional);
    if (self->changed_ && equals(*self->changed_, value, interpreter.budget())) return Value(false);
    self->changed_ = std::move(value);
    return Value(true);
  }));
}

Value LoopObject::computed_attribute(Interpreter& interpreter, std::string_view name) {
  if (name == "index0") return Value(index0_);
  if (name == "index") return Value(index0_ + 1);
  if (name == "first") return Value(index0_ == 0);
  if (name == "last") return Value(!peek(interpreter));
  if (name == "length") return Value(length(interpreter));
  if (name == "revindex") return Value(length(interpreter) - index0_);
  if (name == "revindex0") return Value(length(interpreter) - index0_ - 1);
  if (name == "depth") return Value(std::int64_t{depth0_} + 1);
  if (name == "depth0") return Value(std::int64_t{depth0_});
  if (name == "previtem") return index0_ <= 0 ? Value::undefined("there is no previous item") : previous_;
  if (name == "nextitem") return peek(interpreter) ? next_ : Value::undefined("there is no next item");
  if (name == "cycle" || name == "changed") return method(name);
  return {};
}

}  // namespace c2c::jinja
