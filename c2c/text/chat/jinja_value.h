// Values of the template language: Python's types as far as chat templates see them. All are immutable but objects
// (namespaces, loops), so values are shared freely. Containers know their nesting depth and refuse to grow too deep:
// every recursion over a value is bounded by kMaxValueDepth and paid for from the render's Budget.
#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace c2c::jinja {

// A template went wrong while it was rendered; the interpreter adds name and line and makes it a c2c::Error.
class RenderError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
[[noreturn]] void fail(const std::string& message);

struct Limits {
  std::uint64_t work = 4'000'000;            // evaluated nodes; every 16 bytes made or searched count as one
  std::uint64_t output_bytes = 64ULL << 20;  // rendered text
  int depth = 600;                           // nested evaluations: expressions, statements, macro calls
  std::uint64_t work_per_input_byte = 4;     // long conversations may work longer
};
inline constexpr int kMaxValueDepth = 128;
inline constexpr std::size_t kMaxSourceBytes = 256 << 10;
inline constexpr std::size_t kMaxRange = 100'000;  // as in jinja2's sandbox

// What is left of a render's limits. Throws RenderError when it is used up.
class Budget {
 public:
  Budget(const Limits& limits, std::uint64_t input_bytes);
  void spend(std::uint64_t work);
  void spend_bytes(std::uint64_t bytes) { spend(1 + bytes / 16); }
  void spend_bytes(std::uint64_t count, std::uint64_t each);  // count * each, without overflow
  void enter();
  void leave() { --depth_; }
  std::uint64_t output_bytes() const { return output_bytes_; }

 private:
  std::uint64_t work_left_;
  std::uint64_t output_bytes_;
  int depth_ = 0;
  int max_depth_;
};

enum class Kind { kUndefined, kNone, kBool, kInt, kFloat, kString, kList, kTuple, kDict, kObject };

class Value;
class Dict;
class Object;
class Interpreter;
using Items = std::vector<Value>;
struct Sequence;

class Value {
 public:
  Value() = default;  // undefined without a hint
  template <std::same_as<bool> B>
  explicit Value(B value) : kind_(Kind::kBool), data_(value) {}
  explicit Value(std::int64_t value) : kind_(Kind::kInt), data_(value) {}
  explicit Value(double value) : kind_(Kind::kFloat), data_(value) {}
  explicit Value(std::string value)
      : kind_(Kind::kString), data_(std::make_shared<const std::string>(std::move(value))) {}
  explicit Value(std::string_view value) : Value(std::string(value)) {}
  explicit Value(const char* value) : Value(std::string(value)) {}
  explicit Value(std::shared_ptr<Object> object) : kind_(Kind::kObject), data_(std::move(object)) {}
  static Value none();
  static Value undefined(std::string hint);  // hint: the message of the error that using it raises
  static Value list(Items items);
  static Value tuple(Items items);
  static Value dict(Dict dict);
  static Value from_size(std::size_t size) { return Value(static_cast<std::int64_t>(size)); }

  Kind kind() const { return kind_; }
  bool is_undefined() const { return kind_ == Kind::kUndefined; }
  bool is_none() const { return kind_ == Kind::kNone; }
  bool is_string() const { return kind_ == Kind::kString; }
  bool is_dict() const { return kind_ == Kind::kDict; }
  bool is_sequence() const { return kind_ == Kind::kList || kind_ == Kind::kTuple; }
  bool is_integral() const { return kind_ == Kind::kInt || kind_ == Kind::kBool; }  // Python's bool is an int
  bool is_number() const { return is_integral() || kind_ == Kind::kFloat; }

  // Preconditions: the kind is the one asked for.
  bool boolean() const { return std::get<bool>(data_); }
  std::int64_t integer() const { return kind_ == Kind::kBool ? boolean() : std::get<std::int64_t>(data_); }
  double number() const { return kind_ == Kind::kFloat ? std::get<double>(data_) : static_cast<double>(integer()); }
  const std::string& string() const { return *std::get<std::shared_ptr<const std::string>>(data_); }
  const Items& items() const;
  const Dict& dict() const { return *std::get<std::shared_ptr<const Dict>>(data_); }
  const std::shared_ptr<Object>& object() const { return std::get<std::shared_ptr<Object>>(data_); }
  const std::string& hint() const;  // of an undefined value

  bool truthy() const;
  int depth() const;
  bool same_object(const Value& other) const;  // Python's `is`, as far as it can be seen
  std::string type_name() const;               // 'str', 'int', 'NoneType', ...

 private:
  Kind kind_ = Kind::kUndefined;
  std::variant<std::monostate, bool, std::int64_t, double, std::shared_ptr<const std::string>,
               std::shared_ptr<const Sequence>, std::shared_ptr<const Dict>, std::shared_ptr<Object>>
      data_;
};

struct Sequence {
  Items items;
  int depth;
};

// Insertion-ordered. Keys are anything hashable but objects.
class Dict {
 public:
  void set(Value key, Value value, Budget& budget);
  const Value* find(const Value& key, Budget& budget) const;  // nullptr: not there
  const Value* find(std::string_view key) const;
  const std::vector<std::pair<Value, Value>>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }
  int depth() const { return depth_; }

 private:
  std::size_t position(const Value& key, Budget& budget) const;  // size(): not there

  std::vector<std::pair<Value, Value>> entries_;
  std::unordered_map<std::string_view, std::size_t> by_text_;  // views of the keys' own shared strings
  std::size_t other_keys_ = 0;                                 // keys that are not strings
  int depth_ = 0;
};

struct CallArgs {
  Items positional;
  std::vector<std::pair<std::string, Value>> named;

  const Value* find(std::string_view name) const;
  // The arguments in the order of `names`, undefined where not given. Throws on unknown or too many.
  Items bind(std::string_view function, std::initializer_list<std::string_view> names) const;
};

// Things with identity: functions, macros, namespaces, loops.
class Object {
 public:
  virtual ~Object() = default;
  virtual std::string type_name() const = 0;
  virtual const Value* attribute(std::string_view) const { return nullptr; }
  virtual Value computed_attribute(Interpreter&, std::string_view) { return {}; }  // undefined: there is none
  virtual bool callable() const { return false; }
  virtual Value call(Interpreter&, const CallArgs&);
  virtual std::string repr(Budget&, int) const { return "<" + type_name() + ">"; }
  virtual int depth() const { return 0; }  // of the values it holds for good
};

// Python's == and <; ordering what cannot be ordered throws.
bool equals(const Value& left, const Value& right, Budget& budget);
bool less(const Value& left, const Value& right, Budget& budget);
bool contains(const Value& container, const Value& item, Budget& budget);
// What a `for` would walk over; throws for what is not iterable. A string gives its characters, a dict its keys.
Items iterate(const Value& value, Budget& budget);
bool is_iterable(const Value& value);
std::size_t length(const Value& value, Budget& budget);
// Python's str() and repr().
std::string to_text(const Value& value, Budget& budget);
std::string to_repr(const Value& value, Budget& budget, int depth = 0);
std::string repr_string(std::string_view text);
std::string repr_float(double value);
[[noreturn]] void fail_undefined(const Value& value);

struct JsonStyle {
  bool ensure_ascii = false;
  int indent = -1;  // -1: one line
  std::string indent_text;
  std::string item_separator = ", ", key_separator = ": ";
  bool sort_keys = false;
};
// Python's json.dumps.
std::string to_json(const Value& value, const JsonStyle& style, Budget& budget);
// Parses JSON text; throws c2c::Error naming `where`. Nesting is limited.
Value from_json(std::string_view text, const std::string& where);

}  // namespace c2c::jinja
