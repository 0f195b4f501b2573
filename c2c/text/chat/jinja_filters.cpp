// Filters on single values; those on text and on sequences have files of their own.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "c2c/text/chat/jinja_filter_args.h"
#include "c2c/text/chat/jinja_text.h"

namespace c2c::jinja {

bool given(const Value& value) {
  return !value.is_undefined() && !value.is_none();
}

std::int64_t integer_or(const Value& value, std::int64_t otherwise, std::string_view what) {
  if (!given(value)) return otherwise;
  if (!value.is_integral()) fail(std::string(what) + " must be an integer, not " + value.type_name());
  return value.integer();
}

Value attribute_of(Interpreter& interpreter, const Value& item, const Value& attribute, const Value& fallback) {
  if (!given(attribute)) return item;
  if (!attribute.is_string()) {
    const Value found = interpreter.item(item, attribute);
    return found.is_undefined() && given(fallback) ? fallback : found;
  }
  Value value = item;
  interpreter.budget().spend_bytes(attribute.string().size());
  for (const std::string_view part : split(attribute.string(), ".", -1)) {
    std::int64_t index = 0;
    const bool number = !part.empty() &&
                        std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
                        std::from_chars(part.data(), part.data() + part.size(), index).ec == std::errc();
    value = interpreter.item(value, number ? Value(index) : Value(part));
    if (value.is_undefined() && given(fallback)) value = fallback;
  }
  return value;
}

Value ignore_case(Interpreter& interpreter, const Value& value) {
  if (!value.is_string()) return value;
  interpreter.budget().spend_bytes(8 * value.string().size());
  return Value(to_lower(value.string()));
}

namespace {

std::string_view trimmed(const std::string& text) {
  return strip(text, std::nullopt, true, true);
}

// Python's digits with single underscores between them.
bool remove_underscores(std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '_' && (i == 0 || i + 1 == text.size() || !std::isalnum(static_cast<unsigned char>(text[i - 1])) ||
                           !std::isalnum(static_cast<unsigned char>(text[i + 1]))))
      return false;
  std::erase(text, '_');
  return true;
}

std::optional<double> parse_float(const std::string& source) {
  std::string text(trimmed(source));
  if (text.empty() || !remove_underscores(text)) return std::nullopt;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.erase(0, 1);
  const std::string lower = to_lower(text);
  double value = 0;
  if (lower == "inf" || lower == "infinity") {
    value = HUGE_VAL;
  } else if (lower == "nan") {
    value = NAN;
  } else {
    if (text.empty() || !(std::isdigit(static_cast<unsigned char>(text[0])) || text[0] == '.')) return std::nullopt;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ptr != text.data() + text.size()) return std::nullopt;
    if (result.ec == std::errc::result_out_of_range) value = lower.find("e-") != std::string::npos ? 0 : HUGE_VAL;
  }
  return negative ? -value : value;
}

std::optional<std::int64_t> parse_integer(const std::string& source, std::int64_t base) {
  if (base != 0 && (base < 2 || base > 36)) fail("int() base must be >= 2 and <= 36, or 0");
  std::string text(trimmed(source));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.erase(0, 1);
  const std::string prefix = to_lower(text.substr(0, 2));
  const std::int64_t marked = prefix == "0x" ? 16 : prefix == "0o" ? 8 : prefix == "0b" ? 2 : 0;
  if (marked != 0 && (base == marked || base == 0)) {
    text.erase(0, text.size() > 2 && text[2] == '_' ? 3 : 2);
    base = marked;
  }
  if (base == 0) base = 10;
  if (!remove_underscores(text) || text.empty() || text[0] == '-') return std::nullopt;
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, static_cast<int>(base));
  if (result.ptr != text.data() + text.size()) return std::nullopt;
  if (result.ec != std::errc()) fail("integer too large");
  return negative ? -value : value;
}

std::optional<Value> integer_of_double(double value) {
  if (std::isnan(value) || std::isinf(value)) return std::nullopt;
  if (std::abs(value) >= 9.2e18) fail("integer too large");
  return Value(static_cast<std::int64_t>(value));
}

// Numbers are short; much text is not one and is not looked at.
bool could_be_number(const std::string& text) {
  return text.size() <= 1000;
}

Value int_filter(Interpreter&, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("int", {"default", "base"});
  Value otherwise = args.positional.empty() && args.find("default") == nullptr ? Value(std::int64_t{0}) : bound[0];
  if (input.is_undefined()) fail_undefined(input);
  if (input.is_integral()) return Value(input.integer());
  if (input.is_number()) return integer_of_double(input.number()).value_or(otherwise);
  if (!input.is_string() || !could_be_number(input.string())) return otherwise;
  if (const auto parsed = parse_integer(input.string(), integer_or(bound[1], 10, "base"))) return Value(*parsed);
  const auto real = parse_float(input.string());
  return real ? integer_of_double(*real).value_or(otherwise) : otherwise;
}

Value float_filter(Interpreter&, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("float", {"default"});
  Value otherwise = args.positional.empty() && args.named.empty() ? Value(0.0) : bound[0];
  if (input.is_undefined()) fail_undefined(input);
  if (input.is_number()) return Value(input.number());
  if (!input.is_string() || !could_be_number(input.string())) return otherwise;
  const auto parsed = parse_float(input.string());
  return parsed ? Value(*parsed) : otherwise;
}

Value abs_filter(Interpreter&, const Value& input, const CallArgs& args) {
  args.bind("abs", {});
  if (!input.is_number()) fail("bad operand type for abs(): '" + input.type_name() + "'");
  if (input.kind() == Kind::kFloat) return Value(std::abs(input.number()));
  return input.integer() < 0 ? negate(input) : Value(input.integer());
}

Value round_filter(Interpreter&, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("round", {"precision", "method"});
  if (!input.is_number()) fail("type " + input.type_name() + " cannot be rounded");
  const std::int64_t precision = integer_or(bound[0], 0, "precision");
  const std::string method = bound[1].is_string() ? bound[1].string() : "common";
  if (method != "common" && method != "ceil" && method != "floor") fail("method must be common, ceil or floor");
  if (precision < -300 || precision > 300) fail("precision out of range");
  const double value = input.number(), scale = std::pow(10.0, static_cast<double>(precision));
  if (method != "common")
    return Value((method == "ceil" ? std::ceil(value * scale) : std::floor(value * scale)) / scale);
  if (input.is_integral() && precision >= 0) return Value(input.integer());
  if (precision < 0) {
    const double rounded = std::nearbyint(value * scale) / scale;
    return input.is_integral() ? integer_of_double(rounded).value_or(Value(rounded)) : Value(rounded);
  }
  char text[700];  // correctly rounded from the exact decimal value, ties to even, as Python does
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, static_cast<int>(precision));
  double rounded = value;
  std::from_chars(text, end.ptr, rounded);
  return Value(rounded);
}

Value default_filter(Interpreter&, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("default", {"default_value", "boolean"});
  const bool missing = input.is_undefined() || (bound[1].truthy() && !input.truthy());
  if (!missing) return input;
  return args.positional.empty() && args.find("default_value") == nullptr ? Value("") : bound[0];
}

Value string_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("string", {});
  return input.is_string() ? input : Value(to_text(input, interpreter.budget()));
}

Value length_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("length", {});
  return Value::from_size(length(input, interpreter.budget()));
}

Value attr_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Value name = args.bind("attr", {"name"})[0];
  if (!name.is_string()) fail("attribute name must be string");
  if (input.is_undefined()) fail_undefined(input);
  if (input.is_dict() && find_method(Kind::kDict, name.string()) == nullptr)
    return Value::undefined("'dict object' has no attribute " + repr_string(name.string()));
  return interpreter.attribute(input, name.string());
}

// transformers' tojson: json.dumps without HTML escaping.
Value tojson_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("tojson", {"ensure_ascii", "indent", "separators", "sort_keys"});
  JsonStyle style;
  style.ensure_ascii = bound[0].truthy();
  style.sort_keys = bound[3].truthy();
  if (bound[1].is_string()) {
    style.indent = bound[1].string().empty() ? 0 : -1;
    style.indent_text = bound[1].string();
  } else if (given(bound[1])) {
    style.indent = static_cast<int>(std::clamp<std::int64_t>(integer_or(bound[1], 0, "indent"), 0, 1000));
  }
  if (given(bound[1])) style.item_separator = ",";
  if (given(bound[2])) {
    const Items pair = iterate(bound[2], interpreter.budget());
    if (pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) fail("separators must be two strings");
    style.item_separator = pair[0].string();
    style.key_separator = pair[1].string();
  }
  return Value(to_json(input, style, interpreter.budget()));
}

const std::unordered_map<std::string_view, FilterFunction> kFilters{
    {"abs", abs_filter},         {"attr", attr_filter},     {"count", length_filter},  {"d", default_filter},
    {"default", default_filter}, {"float", float_filter},   {"int", int_filter},       {"length", length_filter},
    {"round", round_filter},     {"string", string_filter}, {"tojson", tojson_filter},
};

}  // namespace

FilterFunction find_filter(std::string_view name) {
  if (const auto found = kFilters.find(name); found != kFilters.end()) return found->second;
  if (const FilterFunction text = find_text_filter(name)) return text;
  return find_sequence_filter(name);
}

}  // namespace c2c::jinja
