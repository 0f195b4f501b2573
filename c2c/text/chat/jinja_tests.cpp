// Tests: what stands after `is`.
#include <cmath>
#include <unordered_map>

#include "c2c/text/chat/jinja_interpreter.h"
#include "c2c/text/chat/jinja_text.h"

namespace c2c::jinja {
namespace {

template <bool (*kTest)(const Value&)>
bool plain(Interpreter&, const Value& input, const CallArgs& args) {
  args.bind("test", {});
  return kTest(input);
}

bool is_defined(const Value& v) {
  return !v.is_undefined();
}
bool is_undefined(const Value& v) {
  return v.is_undefined();
}
bool is_none(const Value& v) {
  return v.is_none();
}
bool is_boolean(const Value& v) {
  return v.kind() == Kind::kBool;
}
bool is_true(const Value& v) {
  return v.kind() == Kind::kBool && v.boolean();
}
bool is_false(const Value& v) {
  return v.kind() == Kind::kBool && !v.boolean();
}
bool is_integer(const Value& v) {
  return v.kind() == Kind::kInt;
}
bool is_float(const Value& v) {
  return v.kind() == Kind::kFloat;
}
bool is_number(const Value& v) {
  return v.is_number();
}
bool is_string(const Value& v) {
  return v.is_string();
}
bool is_mapping(const Value& v) {
  return v.is_dict();
}
bool is_sequence(const Value& v) {
  return v.is_string() || v.is_sequence() || v.is_dict();
}
bool is_callable(const Value& v) {
  return v.kind() == Kind::kObject && v.object()->callable();
}
bool is_escaped(const Value&) {
  return false;
}

Value argument(const CallArgs& args) {
  return args.bind("test", {"other"})[0];
}

template <int kRemainder>
bool parity(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("test", {});
  const Value rest = binary_operation("%", input, Value(std::int64_t{2}), interpreter.budget());
  return equals(rest, Value(std::int64_t{kRemainder}), interpreter.budget());
}

bool divisible_by(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Value rest = binary_operation("%", input, argument(args), interpreter.budget());
  return equals(rest, Value(std::int64_t{0}), interpreter.budget());
}

template <TextClass kClass>
bool has_case(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("test", {});
  const std::string text = to_text(input, interpreter.budget());
  interpreter.budget().spend_bytes(4 * text.size());
  return all_of_class(text, kClass);
}

bool equal(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  return equals(input, argument(args), interpreter.budget());
}
bool not_equal(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  return !equal(interpreter, input, args);
}
bool less_than(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  return less(input, argument(args), interpreter.budget());
}
bool greater_than(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  return less(argument(args), input, interpreter.budget());
}
bool at_most(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  return less_than(interpreter, input, args) || equal(interpreter, input, args);
}
bool at_least(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  return greater_than(interpreter, input, args) || equal(interpreter, input, args);
}
bool is_in(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  return contains(argument(args), input, interpreter.budget());
}
bool same_as(Interpreter&, const Value& input, const CallArgs& args) {
  return input.same_object(argument(args));
}
bool is_filter(Interpreter&, const Value& input, const CallArgs&) {
  return input.is_string() && find_filter(input.string()) != nullptr;
}
bool is_test(Interpreter&, const Value& input, const CallArgs&) {
  return input.is_string() && find_test(input.string()) != nullptr;
}

}  // namespace

TestFunction find_test(std::string_view name) {
  static const std::unordered_map<std::string_view, TestFunction> kTests{
      {"defined", plain<is_defined>},
      {"undefined", plain<is_undefined>},
      {"none", plain<is_none>},
      {"boolean", plain<is_boolean>},
      {"true", plain<is_true>},
      {"false", plain<is_false>},
      {"integer", plain<is_integer>},
      {"float", plain<is_float>},
      {"number", plain<is_number>},
      {"string", plain<is_string>},
      {"mapping", plain<is_mapping>},
      {"sequence", plain<is_sequence>},
      {"iterable", plain<is_iterable>},
      {"callable", plain<is_callable>},
      {"escaped", plain<is_escaped>},
      {"odd", parity<1>},
      {"even", parity<0>},
      {"divisibleby", divisible_by},
      {"lower", has_case<TextClass::kLower>},
      {"upper", has_case<TextClass::kUpper>},
      {"in", is_in},
      {"sameas", same_as},
      {"filter", is_filter},
      {"test", is_test},
      {"==", equal},
      {"eq", equal},
      {"equalto", equal},
      {"!=", not_equal},
      {"ne", not_equal},
      {"<", less_than},
      {"lt", less_than},
      {"lessthan", less_than},
      {">", greater_than},
      {"gt", greater_than},
      {"greaterthan", greater_than},
      {"<=", at_most},
      {"le", at_most},
      {">=", at_least},
      {"ge", at_least},
  };
  const auto found = kTests.find(name);
  return found == kTests.end() ? nullptr : found->second;
}

}  // namespace c2c::jinja
