// str(), repr() and json.dumps of values, and JSON text to values.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/text/chat/jinja_text.h"
#include "c2c/text/chat/jinja_value.h"

namespace c2c::jinja {
namespace {

void append_hex(std::string& out, const char* prefix, char32_t value, int digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += prefix;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += kDigits[(value >> shift) & 15];
}

std::string repr_items(const Items& items, Budget& budget, int depth) {
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) out += (i == 0 ? "" : ", ") + to_repr(items[i], budget, depth + 1);
  return out;
}

std::string json_string(std::string_view text, bool ensure_ascii) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const auto c = decode_code_point(text, i);
    switch (c.value) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\b':
        out += "\\b";
        break;
      default:
        if (c.value < 0x20 || (ensure_ascii && c.value > 0x7E && c.value < 0x10000)) {
          append_hex(out, "\\u", c.value, 4);
        } else if (ensure_ascii && c.value >= 0x10000) {
          append_hex(out, "\\u", 0xD800 + ((c.value - 0x10000) >> 10), 4);
          append_hex(out, "\\u", 0xDC00 + ((c.value - 0x10000) & 0x3FF), 4);
        } else {
          out += text.substr(i, c.size);
        }
    }
    i += c.size;
  }
  return out + '"';
}

std::string json_float(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return repr_float(value);
}

class JsonWriter {
 public:
  JsonWriter(const JsonStyle& style, Budget& budget) : style_(style), budget_(budget) {}

  std::string write(const Value& value, int level) {
    budget_.spend(1);
    switch (value.kind()) {
      case Kind::kNone:
        return "null";
      case Kind::kBool:
        return value.boolean() ? "true" : "false";
      case Kind::kInt:
        return std::to_string(value.integer());
      case Kind::kFloat:
        return json_float(value.number());
      case Kind::kString:
        budget_.spend_bytes(value.string().size());
        return json_string(value.string(), style_.ensure_ascii);
      case Kind::kList:
      case Kind::kTuple:
        return write_list(value.items(), level);
      case Kind::kDict:
        return write_dict(value.dict(), level);
      default:
        fail("Object of type " + value.type_name() + " is not JSON serializable");
    }
  }

 private:
  bool indented() const { return style_.indent >= 0 || !style_.indent_text.empty(); }

  std::string line(int level) {
    if (!indented()) return {};
    std::string text = "\n";
    for (int i = 0; i < level; ++i)
      text += style_.indent >= 0 ? std::string(static_cast<std::size_t>(style_.indent), ' ') : style_.indent_text;
    budget_.spend_bytes(text.size());
    return text;
  }

  std::string write_list(const Items& items, int level) {
    if (items.empty()) return "[]";
    std::string out = "[";
    for (std::size_t i = 0; i < items.size(); ++i)
      out += (i == 0 ? "" : style_.item_separator) + line(level + 1) + write(items[i], level + 1);
    out += line(level) + "]";
    budget_.spend_bytes(out.size());
    return out;
  }

  std::string key_text(const Value& key) {
    if (key.is_string()) return key.string();
    if (key.kind() == Kind::kTuple || key.is_undefined()) fail("keys must be str, int, float, bool or None");
    return write(key, 0);
  }

  std::string write_dict(const Dict& dict, int level) {
    if (dict.size() == 0) return "{}";
    std::vector<std::pair<std::string, const Value*>> entries;
    for (const auto& [key, value] : dict.entries()) entries.emplace_back(key_text(key), &value);
    if (style_.sort_keys)
      std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string out = "{";
    for (std::size_t i = 0; i < entries.size(); ++i)
      out += (i == 0 ? "" : style_.item_separator) + line(level + 1) +
             json_string(entries[i].first, style_.ensure_ascii) + style_.key_separator +
             write(*entries[i].second, level + 1);
    out += line(level) + "}";
    budget_.spend_bytes(out.size());
    return out;
  }

  const JsonStyle& style_;
  Budget& budget_;
};

// Builds values as the parser goes: no recursion, bounded nesting, no second copy of the document.
class JsonReader {
 public:
  explicit JsonReader(std::string where) : where_(std::move(where)), budget_({.work = ~std::uint64_t{0} >> 8}, 0) {}

  bool null() { return add(Value::none()); }
  bool boolean(bool value) { return add(Value(value)); }
  bool number_integer(std::int64_t value) { return add(Value(value)); }
  bool number_unsigned(std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(INT64_MAX)) return add(Value(static_cast<std::int64_t>(value)));
    return add(Value(static_cast<double>(value)));
  }
  bool number_float(double value, const std::string&) { return add(Value(value)); }
  bool string(std::string& value) { return add(Value(std::move(value))); }
  bool binary(std::vector<std::uint8_t>&) { return false; }
  bool start_object(std::size_t) { return open(true); }
  bool start_array(std::size_t) { return open(false); }
  bool key(std::string& name) {
    open_.back().key = std::move(name);
    return true;
  }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) {
    fail_input({.where = where_, .key = "byte " + std::to_string(position), .found = error.what(), .expected = "JSON"});
  }
  Value take() { return std::move(result_); }

 private:
  struct Open {
    bool is_dict;
    std::string key;
    Items items;
    Dict dict;
  };

  bool open(bool is_dict) {
    if (open_.size() >= static_cast<std::size_t>(kMaxValueDepth) - 8)
      fail_input({.where = where_, .found = "JSON nested too deeply"});
    open_.push_back({is_dict, {}, {}, {}});
    return true;
  }
  bool close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    return add(done.is_dict ? Value::dict(std::move(done.dict)) : Value::list(std::move(done.items)));
  }
  bool add(Value value) {
    if (open_.empty())
      result_ = std::move(value);
    else if (open_.back().is_dict)
      open_.back().dict.set(Value(std::move(open_.back().key)), std::move(value), budget_);
    else
      open_.back().items.push_back(std::move(value));
    return true;
  }

  std::string where_;
  Budget budget_;
  std::vector<Open> open_;
  Value result_;
};

}  // namespace

std::string repr_float(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  const std::size_t e = text.find('e');
  int exponent = 0;
  const std::size_t digits_at = e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + digits_at, text.data() + text.size(), exponent);
  const bool negative = text.front() == '-';
  std::string digits;
  for (const char c : text.substr(negative ? 1 : 0, e - (negative ? 1 : 0)))
    if (c != '.') digits += c;
  std::string out = negative ? "-" : "";
  const int count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {  // Python's repr switches here
    out += digits[0];
    if (count > 1) out += "." + digits.substr(1);
    const int magnitude = std::abs(exponent);
    return out + (exponent < 0 ? "e-" : "e+") + (magnitude < 10 ? "0" : "") + std::to_string(magnitude);
  }
  if (exponent < 0) return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  if (exponent + 1 >= count)
    return out + digits + std::string(static_cast<std::size_t>(exponent + 1 - count), '0') + ".0";
  return out + digits.substr(0, static_cast<std::size_t>(exponent) + 1) + "." +
         digits.substr(static_cast<std::size_t>(exponent) + 1);
}

std::string repr_string(std::string_view text) {
  const char quote = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t i = 0; i < text.size();) {
    const auto c = decode_code_point(text, i);
    if (c.value == static_cast<char32_t>(quote) || c.value == '\\')
      (out += '\\') += static_cast<char>(c.value);
    else if (c.value == '\n')
      out += "\\n";
    else if (c.value == '\r')
      out += "\\r";
    else if (c.value == '\t')
      out += "\\t";
    else if (is_printable(c.value))
      out += text.substr(i, c.size);
    else if (c.value < 0x100)
      append_hex(out, "\\x", c.value, 2);
    else if (c.value < 0x10000)
      append_hex(out, "\\u", c.value, 4);
    else
      append_hex(out, "\\U", c.value, 8);
    i += c.size;
  }
  return out + quote;
}

std::string to_repr(const Value& value, Budget& budget, int depth) {
  budget.spend(1);
  if (depth > kMaxValueDepth) fail("a value is nested too deeply to be printed");
  std::string out;
  switch (value.kind()) {
    case Kind::kUndefined:
      return "Undefined";
    case Kind::kNone:
      return "None";
    case Kind::kBool:
      return value.boolean() ? "True" : "False";
    case Kind::kInt:
      return std::to_string(value.integer());
    case Kind::kFloat:
      return repr_float(value.number());
    case Kind::kString:
      out = repr_string(value.string());
      break;
    case Kind::kList:
      out = "[" + repr_items(value.items(), budget, depth) + "]";
      break;
    case Kind::kTuple:
      out = "(" + repr_items(value.items(), budget, depth) + (value.items().size() == 1 ? ",)" : ")");
      break;
    case Kind::kDict:
      for (const auto& [key, item] : value.dict().entries())
        out += (out.empty() ? "" : ", ") + to_repr(key, budget, depth + 1) + ": " + to_repr(item, budget, depth + 1);
      out = "{" + out + "}";
      break;
    case Kind::kObject:
      out = value.object()->repr(budget, depth);
      break;
  }
  budget.spend_bytes(out.size());
  return out;
}

std::string to_text(const Value& value, Budget& budget) {
  if (value.is_string()) return value.string();
  if (value.is_undefined()) return {};
  return to_repr(value, budget);
}

std::string to_json(const Value& value, const JsonStyle& style, Budget& budget) {
  return JsonWriter(style, budget).write(value, 0);
}

Value from_json(std::string_view text, const std::string& where) {
  JsonReader reader(where);
  if (!nlohmann::json::sax_parse(text, &reader)) fail_input({.where = where, .found = "text that is not JSON"});
  return reader.take();
}

}  // namespace c2c::jinja
