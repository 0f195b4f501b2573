// Functions that every template can call: jinja2's, and those that transformers adds.
#include <ctime>
#include <unordered_map>

#include "c2c/base/utf8.h"
#include "c2c/text/chat/jinja_objects.h"

namespace c2c::jinja {
namespace {

Value range_function(Interpreter& interpreter, const CallArgs& args) {
  const Items bound = args.bind("range", {"start", "stop", "step"});
  for (const Value& value : args.positional)
    if (!value.is_integral()) fail("'" + value.type_name() + "' object cannot be interpreted as an integer");
  if (args.positional.empty() || !args.named.empty()) fail("range expected 1 to 3 positional arguments");
  const bool one = args.positional.size() == 1;
  const std::int64_t start = one ? 0 : bound[0].integer(), stop = one ? bound[0].integer() : bound[1].integer();
  const std::int64_t step = args.positional.size() == 3 ? bound[2].integer() : 1;
  if (step == 0) fail("range() arg 3 must not be zero");
  Items items;
  for (std::int64_t i = start; step > 0 ? i < stop : i > stop;) {
    if (items.size() >= kMaxRange)
      fail("Range too big. The sandbox blocks ranges larger than MAX_RANGE (" + std::to_string(kMaxRange) + ").");
    interpreter.budget().spend(2);
    items.emplace_back(i);
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return Value::list(std::move(items));
}

// The pairs of dict(mapping, key=value, ...).
std::vector<std::pair<Value, Value>> pairs_of(Interpreter& interpreter, const CallArgs& args) {
  std::vector<std::pair<Value, Value>> pairs;
  if (args.positional.size() > 1) fail("dict expected at most 1 positional argument");
  for (const Value& source : args.positional) {
    if (source.is_dict()) {
      pairs = source.dict().entries();
      interpreter.budget().spend(4 * pairs.size());
      continue;
    }
    for (const Value& item : iterate(source, interpreter.budget())) {
      const Items pair = iterate(item, interpreter.budget());
      if (pair.size() != 2)
        fail("dictionary update sequence element has length " + std::to_string(pair.size()) + "; 2 is required");
      pairs.emplace_back(pair[0], pair[1]);
    }
  }
  for (const auto& [key, value] : args.named) pairs.emplace_back(Value(key), value);
  return pairs;
}

Value dict_function(Interpreter& interpreter, const CallArgs& args) {
  Dict dict;
  for (auto& [key, value] : pairs_of(interpreter, args))
    dict.set(std::move(key), std::move(value), interpreter.budget());
  return Value::dict(std::move(dict));
}

Value namespace_function(Interpreter& interpreter, const CallArgs& args) {
  auto space = std::make_shared<NamespaceObject>();
  for (auto& [key, value] : pairs_of(interpreter, args)) {
    if (!key.is_string()) fail("a namespace attribute is a string");
    interpreter.budget().spend_bytes(64 + key.string().size());
    space->set(key.string(), std::move(value));
  }
  interpreter.keep(space);
  return Value(std::static_pointer_cast<Object>(std::move(space)));
}

int depth_of(const Items& items) {
  int depth = 0;
  for (const Value& item : items) depth = std::max(depth, item.depth());
  return depth;
}

class CyclerObject : public Object {
 public:
  explicit CyclerObject(Items items) : items_(std::move(items)), depth_(depth_of(items_) + 1) {
    if (depth_ > kMaxValueDepth) fail("a cycler holds values that are nested too deeply");
  }
  std::string type_name() const override { return "Cycler"; }
  int depth() const override { return depth_; }
  const Value* attribute(std::string_view name) const override { return name == "current" ? &items_[at_] : nullptr; }
  Value computed_attribute(Interpreter&, std::string_view name) override {
    if (name != "next" && name != "reset") return {};
    const auto self = weak_self.lock();
    const bool reset = name == "reset";
    return Value(std::make_shared<FunctionObject>(
        std::string(name),
        [self, reset](Interpreter&, const CallArgs&) {
          const Value now = self->items_[self->at_];
          self->at_ = reset ? 0 : (self->at_ + 1) % self->items_.size();
          return reset ? Value::none() : now;
        },
        depth_));
  }
  std::weak_ptr<CyclerObject> weak_self;

 private:
  Items items_;
  int depth_;
  std::size_t at_ = 0;
};

Value cycler_function(Interpreter&, const CallArgs& args) {
  if (args.positional.empty()) fail("at least one item has to be provided");
  auto cycler = std::make_shared<CyclerObject>(args.positional);
  cycler->weak_self = cycler;
  return Value(std::static_pointer_cast<Object>(std::move(cycler)));
}

Value joiner_function(Interpreter&, const CallArgs& args) {
  const Value given = args.bind("joiner", {"sep"})[0];
  const Value separator = given.is_undefined() ? Value(", ") : given;
  return Value(std::make_shared<FunctionObject>(
      "joiner",
      [separator, used = false](Interpreter&, const CallArgs&) mutable {
        const bool first = !used;
        used = true;
        return first ? Value("") : separator;
      },
      separator.depth()));
}

Value raise_function(Interpreter& interpreter, const CallArgs& args) {
  fail(to_text(args.bind("raise_exception", {"message"})[0], interpreter.budget()));
}

Value strftime_function(Interpreter& interpreter, const CallArgs& args) {
  const Value format = args.bind("strftime_now", {"format"})[0];
  if (!format.is_string()) fail("strftime_now() takes a format");
  if (format.string().size() > 1000 || format.string().find('\0') != std::string::npos)
    fail("strftime_now(): bad format");
  const std::time_t now = interpreter.now() ? static_cast<std::time_t>(*interpreter.now()) : std::time(nullptr);
  std::tm parts{};
  if (localtime_r(&now, &parts) == nullptr) fail("strftime_now(): time out of range");
  // The added mark tells an empty result from a buffer that is too small.
  const std::string marked = format.string() + ".";
  std::string text(64 * 1024, '\0');
  text.resize(std::strftime(text.data(), text.size(), marked.c_str(), &parts));
  if (text.empty()) fail("strftime_now(): the result is too long");
  text.pop_back();
  interpreter.budget().spend_bytes(text.size() + 4096);
  return Value(sanitize_utf8(text));
}

}  // namespace

const Value* find_global(std::string_view name) {
  static const auto make = [](const char* function, FunctionObject::Body body) {
    return Value(std::static_pointer_cast<Object>(std::make_shared<FunctionObject>(function, std::move(body))));
  };
  static const std::unordered_map<std::string_view, Value> kGlobals{
      {"range", make("range", range_function)},
      {"dict", make("dict", dict_function)},
      {"namespace", make("namespace", namespace_function)},
      {"cycler", make("cycler", cycler_function)},
      {"joiner", make("joiner", joiner_function)},
      {"raise_exception", make("raise_exception", raise_function)},
      {"strftime_now", make("strftime_now", strftime_function)},
  };
  const auto found = kGlobals.find(name);
  return found == kGlobals.end() ? nullptr : &found->second;
}

}  // namespace c2c::jinja
