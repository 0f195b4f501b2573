#include "c2c/text/chat/jinja_value.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "c2c/text/chat/jinja_text.h"

namespace c2c::jinja {

void fail(const std::string& message) {
  throw RenderError(message);
}

void fail_undefined(const Value& value) {
  fail(value.hint().empty() ? "the value is undefined" : value.hint());
}

Budget::Budget(const Limits& limits, std::uint64_t input_bytes)
    : work_left_(limits.work + limits.work_per_input_byte * input_bytes),
      output_bytes_(limits.output_bytes + 2 * input_bytes),
      max_depth_(limits.depth) {}

void Budget::spend(std::uint64_t work) {
  if (work > work_left_) {
    work_left_ = 0;
    fail("the template does too much work (limit of the renderer)");
  }
  work_left_ -= work;
}

void Budget::spend_bytes(std::uint64_t count, std::uint64_t each) {
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(count, each, &bytes)) bytes = ~std::uint64_t{0};
  spend_bytes(bytes);
}

void Budget::enter() {
  if (depth_ >= max_depth_) fail("the template is nested too deeply (recursion limit of the renderer)");
  ++depth_;
}

namespace {

std::shared_ptr<const Sequence> make_sequence(Items items) {
  int depth = 0;
  for (const Value& item : items) depth = std::max(depth, item.depth());
  if (depth >= kMaxValueDepth) fail("a list is nested too deeply");
  return std::make_shared<const Sequence>(Sequence{std::move(items), depth + 1});
}

}  // namespace

Value Value::none() {
  Value value;
  value.kind_ = Kind::kNone;
  return value;
}
Value Value::undefined(std::string hint) {
  Value value;
  value.data_ = std::make_shared<const std::string>(std::move(hint));
  return value;
}
Value Value::list(Items items) {
  Value value;
  value.data_ = make_sequence(std::move(items));
  value.kind_ = Kind::kList;
  return value;
}
Value Value::tuple(Items items) {
  Value value = list(std::move(items));
  value.kind_ = Kind::kTuple;
  return value;
}
Value Value::dict(Dict dict) {
  Value value;
  value.data_ = std::make_shared<const Dict>(std::move(dict));
  value.kind_ = Kind::kDict;
  return value;
}

const Items& Value::items() const {
  return std::get<std::shared_ptr<const Sequence>>(data_)->items;
}

const std::string& Value::hint() const {
  static const std::string kNoHint;
  const auto* text = std::get_if<std::shared_ptr<const std::string>>(&data_);
  return text == nullptr ? kNoHint : **text;
}

int Value::depth() const {
  if (is_sequence()) return std::get<std::shared_ptr<const Sequence>>(data_)->depth;
  if (kind_ == Kind::kObject) return object()->depth();
  return is_dict() ? dict().depth() : 0;
}

bool Value::truthy() const {
  switch (kind_) {
    case Kind::kUndefined:
    case Kind::kNone:
      return false;
    case Kind::kBool:
      return boolean();
    case Kind::kInt:
      return integer() != 0;
    case Kind::kFloat:
      return number() != 0;
    case Kind::kString:
      return !string().empty();
    case Kind::kList:
    case Kind::kTuple:
      return !items().empty();
    case Kind::kDict:
      return dict().size() != 0;
    case Kind::kObject:
      return true;
  }
  return false;
}

bool Value::same_object(const Value& other) const {
  if (kind_ != other.kind_) return false;
  switch (kind_) {
    case Kind::kUndefined:
    case Kind::kNone:
      return true;
    case Kind::kBool:
    case Kind::kInt:
      return integer() == other.integer();
    case Kind::kString:
      return string() == other.string();
    default:
      return data_ == other.data_;
  }
}

std::string Value::type_name() const {
  switch (kind_) {
    case Kind::kUndefined:
      return "Undefined";
    case Kind::kNone:
      return "NoneType";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kFloat:
      return "float";
    case Kind::kString:
      return "str";
    case Kind::kList:
      return "list";
    case Kind::kTuple:
      return "tuple";
    case Kind::kDict:
      return "dict";
    case Kind::kObject:
      return object()->type_name();
  }
  return {};
}

void Dict::set(Value key, Value value, Budget& budget) {
  if (key.kind() == Kind::kList || key.is_dict()) fail("unhashable type: '" + key.type_name() + "'");
  if (key.kind() == Kind::kObject) fail("'" + key.type_name() + "' cannot be a key");
  budget.spend(4);
  const int depth = std::max(key.depth(), value.depth());
  if (depth >= kMaxValueDepth) fail("a dict is nested too deeply");
  depth_ = std::max(depth_, depth + 1);
  if (const std::size_t at = position(key, budget); at < size()) {
    entries_[at].second = std::move(value);
    return;
  }
  entries_.emplace_back(std::move(key), std::move(value));
  const Value& stored = entries_.back().first;
  if (stored.is_string())
    by_text_.emplace(stored.string(), entries_.size() - 1);
  else
    ++other_keys_;
}

std::size_t Dict::position(const Value& key, Budget& budget) const {
  if (key.is_string()) {
    budget.spend_bytes(key.string().size());
    const auto found = by_text_.find(key.string());
    return found == by_text_.end() ? size() : found->second;
  }
  std::size_t at = other_keys_ == 0 ? size() : 0;
  while (at < size() && (entries_[at].first.is_string() || !equals(entries_[at].first, key, budget))) ++at;
  return at;
}

const Value* Dict::find(const Value& key, Budget& budget) const {
  const std::size_t at = position(key, budget);
  return at == size() ? nullptr : &entries_[at].second;
}

const Value* Dict::find(std::string_view key) const {
  const auto found = by_text_.find(key);
  return found == by_text_.end() ? nullptr : &entries_[found->second].second;
}

const Value* CallArgs::find(std::string_view name) const {
  for (const auto& [key, value] : named)
    if (key == name) return &value;
  return nullptr;
}

Items CallArgs::bind(std::string_view function, std::initializer_list<std::string_view> names) const {
  const std::string who(function);
  if (positional.size() > names.size()) fail(who + "() takes at most " + std::to_string(names.size()) + " arguments");
  Items bound(positional);
  bound.resize(names.size());
  for (const auto& [key, value] : named) {
    const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), key) - names.begin());
    if (at == names.size()) fail(who + "() got an unexpected keyword argument '" + key + "'");
    if (at < positional.size()) fail(who + "() got multiple values for argument '" + key + "'");
    bound[at] = value;
  }
  return bound;
}

Value Object::call(Interpreter&, const CallArgs&) {
  fail("'" + type_name() + "' object is not callable");
}

bool equals(const Value& left, const Value& right, Budget& budget) {
  budget.spend(1);
  if (left.is_number() && right.is_number()) {
    if (left.is_integral() && right.is_integral()) return left.integer() == right.integer();
    return left.number() == right.number();
  }
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Kind::kString:
      budget.spend_bytes(left.string().size());
      return left.string() == right.string();
    case Kind::kList:
    case Kind::kTuple: {
      const Items &a = left.items(), &b = right.items();
      return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                        [&](const Value& x, const Value& y) { return equals(x, y, budget); });
    }
    case Kind::kDict: {
      if (left.dict().size() != right.dict().size()) return false;
      for (const auto& [key, value] : left.dict().entries()) {
        const Value* other = right.dict().find(key, budget);
        if (other == nullptr || !equals(value, *other, budget)) return false;
      }
      return true;
    }
    case Kind::kObject:
      return left.object() == right.object();
    default:
      return true;  // undefined, none
  }
}

bool less(const Value& left, const Value& right, Budget& budget) {
  budget.spend(1);
  if (left.is_undefined()) fail_undefined(left);
  if (right.is_undefined()) fail_undefined(right);
  if (left.is_number() && right.is_number()) {
    if (left.is_integral() && right.is_integral()) return left.integer() < right.integer();
    return left.number() < right.number();
  }
  if (left.is_string() && right.is_string()) {
    budget.spend_bytes(std::min(left.string().size(), right.string().size()));
    return left.string() < right.string();  // UTF-8 orders as code points do
  }
  if (left.is_sequence() && left.kind() == right.kind()) {
    const Items &a = left.items(), &b = right.items();
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
      if (!equals(a[i], b[i], budget)) return less(a[i], b[i], budget);
    return a.size() < b.size();
  }
  fail("'<' not supported between instances of '" + left.type_name() + "' and '" + right.type_name() + "'");
}

bool contains(const Value& container, const Value& item, Budget& budget) {
  switch (container.kind()) {
    case Kind::kString:
      if (!item.is_string()) fail("'in <string>' requires string as left operand, not " + item.type_name());
      budget.spend_bytes(container.string().size());
      return find_text(container.string(), item.string()) != std::string::npos;
    case Kind::kList:
    case Kind::kTuple:
      return std::any_of(container.items().begin(), container.items().end(),
                         [&](const Value& one) { return equals(one, item, budget); });
    case Kind::kDict:
      return container.dict().find(item, budget) != nullptr;
    case Kind::kUndefined:
      return false;
    default:
      fail("argument of type '" + container.type_name() + "' is not iterable");
  }
}

bool is_iterable(const Value& value) {
  return value.is_undefined() || value.is_string() || value.is_sequence() || value.is_dict();
}

Items iterate(const Value& value, Budget& budget) {
  Items items;
  switch (value.kind()) {
    case Kind::kUndefined:
      break;
    case Kind::kString:
      for (const std::string_view one : characters(value.string())) {
        budget.spend(4);
        items.emplace_back(one);
      }
      break;
    case Kind::kList:
    case Kind::kTuple:
      budget.spend(1 + value.items().size());
      items = value.items();
      break;
    case Kind::kDict:
      budget.spend(1 + value.dict().size());
      for (const auto& entry : value.dict().entries()) items.push_back(entry.first);
      break;
    default:
      fail("'" + value.type_name() + "' object is not iterable");
  }
  return items;
}

std::size_t length(const Value& value, Budget& budget) {
  switch (value.kind()) {
    case Kind::kUndefined:
      return 0;
    case Kind::kString:
      budget.spend_bytes(value.string().size());
      return count_characters(value.string());
    case Kind::kList:
    case Kind::kTuple:
      return value.items().size();
    case Kind::kDict:
      return value.dict().size();
    default:
      fail("object of type '" + value.type_name() + "' has no len()");
  }
}

}  // namespace c2c::jinja
