#include "c2c/text/chat/jinja_format.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "c2c/base/utf8.h"
#include "c2c/text/chat/jinja_interpreter.h"
#include "c2c/text/chat/jinja_text.h"

namespace c2c::jinja {
namespace {

constexpr int kMaxWidth = 1000;

struct Conversion {
  std::string key;  // of %(key)s
  bool has_key = false;
  std::string flags;  // of "#0- +"
  int width = 0, precision = -1;
  char type = 0;
  bool has(char flag) const { return flags.find(flag) != std::string::npos; }
};

class PercentFormatter {
 public:
  PercentFormatter(std::string_view format, const Value& arguments, Budget& budget)
      : format_(format), arguments_(arguments), budget_(budget) {}

  std::string run() {
    std::string out;
    while (at_ < format_.size()) {
      const std::size_t percent = std::min(format_.find('%', at_), format_.size());
      out += format_.substr(at_, percent - at_);
      at_ = percent;
      if (at_ == format_.size()) break;
      ++at_;
      const Conversion conversion = parse();
      out += conversion.type == '%' ? "%" : convert(conversion);
      budget_.spend_bytes(out.size());
    }
    if (arguments_.kind() == Kind::kTuple ? used_ < arguments_.items().size() : used_ == 0 && !arguments_.is_dict())
      fail("not all arguments converted during string formatting");
    return out;
  }

 private:
  char take() {
    if (at_ >= format_.size()) fail("incomplete format");
    return format_[at_++];
  }

  const Value& next_argument() {
    if (arguments_.kind() != Kind::kTuple) {
      if (used_++ > 0) fail("not enough arguments for format string");
      return arguments_;
    }
    if (used_ >= arguments_.items().size()) fail("not enough arguments for format string");
    return arguments_.items()[used_++];
  }

  int number(char& c) {
    if (c == '*') {
      const Value& value = next_argument();
      if (!value.is_integral()) fail("* wants int");
      c = take();
      if (value.integer() < -kMaxWidth || value.integer() > kMaxWidth) fail("format width too large");
      return static_cast<int>(value.integer());
    }
    int value = 0;
    for (; c >= '0' && c <= '9'; c = take())
      if ((value = value * 10 + (c - '0')) > kMaxWidth) fail("format width too large");
    return value;
  }

  Conversion parse() {
    Conversion made;
    char c = take();
    if (c == '(') {
      made.has_key = true;
      while ((c = take()) != ')') made.key += c;
      c = take();
    }
    for (; std::string_view("#0- +").find(c) != std::string_view::npos; c = take()) made.flags += c;
    made.width = number(c);
    if (made.width < 0) made.flags += '-', made.width = -made.width;
    if (c == '.') {
      c = take();
      made.precision = std::max(number(c), 0);
    }
    while (c == 'l' || c == 'h' || c == 'L') c = take();
    made.type = c;
    return made;
  }

  const Value& argument(const Conversion& conversion) {
    if (!conversion.has_key) return next_argument();
    if (!arguments_.is_dict()) fail("format requires a mapping");
    const Value* found = arguments_.dict().find(conversion.key);
    if (found == nullptr) fail("format key " + repr_string(conversion.key) + " is missing");
    return *found;
  }

  std::string convert(const Conversion& conversion) {
    const Value& value = argument(conversion);
    switch (conversion.type) {
      case 's':
        return pad_text(conversion, to_text(value, budget_));
      case 'r':
      case 'a':
        return pad_text(conversion, to_repr(value, budget_));
      case 'c':
        return pad_text(conversion, character(value));
      case 'd':
      case 'i':
      case 'u':
      case 'x':
      case 'X':
      case 'o':
        return integer(conversion, value);
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        return real(conversion, value);
      default:
        fail("unsupported format character " + repr_string(std::string(1, conversion.type)));
    }
  }

  std::string character(const Value& value) {
    if (value.is_string() && count_characters(value.string()) == 1) return value.string();
    if (!value.is_integral() || value.integer() < 0 || value.integer() > 0x10FFFF) fail("%c requires int or char");
    std::string text;
    append_utf8(text, static_cast<char32_t>(value.integer()));
    return text;
  }

  static std::string pad_text(const Conversion& conversion, std::string text) {
    if (conversion.precision >= 0)
      text = std::string(sub_text(text, 0, static_cast<std::size_t>(conversion.precision)));
    const auto count = static_cast<int>(std::min<std::size_t>(count_characters(text), kMaxWidth));
    const std::string spaces(static_cast<std::size_t>(std::max(conversion.width - count, 0)), ' ');
    return conversion.has('-') ? text + spaces : spaces + text;
  }

  template <class Number>
  static std::string print(const Conversion& conversion, const char* length, Number value) {
    std::string spec = "%" + conversion.flags + std::to_string(conversion.width);
    if (conversion.width == 0) spec.pop_back();
    if (conversion.precision >= 0) spec += "." + std::to_string(conversion.precision);
    spec += length;
    spec += conversion.type == 'i' || conversion.type == 'u' ? 'd' : conversion.type;
    std::string out(2 * kMaxWidth + 400, '\0');  // 310 digits of a double, width or precision
    const int size = std::snprintf(out.data(), out.size(), spec.c_str(), value);
    out.resize(static_cast<std::size_t>(std::max(size, 0)));
    return out;
  }

  std::string integer(const Conversion& conversion, const Value& value) {
    if (value.is_undefined()) fail_undefined(value);
    if (!value.is_number())
      fail(std::string("%") + conversion.type + " format: a number is required, not " + value.type_name());
    const double real_value = value.number();
    if (!value.is_integral() && !(std::abs(real_value) < 9e18)) fail("number too large for an integer format");
    const auto number = value.is_integral() ? value.integer() : static_cast<std::int64_t>(real_value);
    if (conversion.type == 'x' || conversion.type == 'X' || conversion.type == 'o')
      if (number < 0) fail("negative numbers in %x and %o are not supported");
    return print(conversion, "ll", static_cast<long long>(number));
  }

  std::string real(const Conversion& conversion, const Value& value) {
    if (value.is_undefined()) fail_undefined(value);
    if (!value.is_number()) fail("must be real number, not " + value.type_name());
    return print(conversion, "", value.number());
  }

  std::string_view format_;
  const Value& arguments_;
  Budget& budget_;
  std::size_t at_ = 0, used_ = 0;
};

// One {...} of str.format.
class FieldReader {
 public:
  FieldReader(std::string_view field, const CallArgs& args, Interpreter& interpreter)
      : field_(field), args_(args), interpreter_(interpreter) {}

  std::string read(std::int64_t& automatic) {
    const std::size_t colon = field_.find(':');
    if (colon != std::string_view::npos && colon + 1 < field_.size())
      fail("format specification " + repr_string(field_.substr(colon + 1)) + " is not supported");
    std::string_view path = field_.substr(0, colon);
    char conversion = 0;
    if (const std::size_t mark = path.find('!'); mark != std::string_view::npos) {
      if (path.size() != mark + 2) fail("bad conversion in format string");
      conversion = path[mark + 1];
      path = path.substr(0, mark);
    }
    const Value value = resolve(path, automatic);
    if (conversion == 'r') return to_repr(value, interpreter_.budget());
    if (conversion != 0 && conversion != 's') fail("unknown conversion specifier in format string");
    return to_text(value, interpreter_.budget());
  }

 private:
  static std::optional<std::int64_t> as_index(std::string_view text) {
    std::int64_t index = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), index);
    if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size() || index < 0)
      return std::nullopt;
    return index;
  }

  Value resolve(std::string_view path, std::int64_t& automatic) {
    std::size_t at = std::min(path.find_first_of(".["), path.size());
    const std::string first(path.substr(0, at));
    Value value;
    if (first.empty() || as_index(first)) {
      const std::int64_t index = first.empty() ? automatic++ : *as_index(first);
      if (index >= static_cast<std::int64_t>(args_.positional.size()))
        fail("Replacement index " + std::to_string(index) + " out of range for positional args tuple");
      value = args_.positional[static_cast<std::size_t>(index)];
    } else {
      const Value* found = args_.find(first);
      if (found == nullptr) fail("format key " + repr_string(first) + " is missing");
      value = *found;
    }
    while (at < path.size()) {
      const bool dot = path[at] == '.';
      const std::size_t end = dot ? std::min(path.find_first_of(".[", at + 1), path.size()) : path.find(']', at);
      if (end == std::string_view::npos) fail("expected ']' in format string");
      const std::string key(path.substr(at + 1, end - at - 1));
      if (dot)
        value = interpreter_.attribute(value, key);
      else if (const auto index = as_index(key))
        value = interpreter_.item(value, Value(*index));
      else
        value = interpreter_.item(value, Value(key));
      at = dot ? end : end + 1;
    }
    return value;
  }

  std::string_view field_;
  const CallArgs& args_;
  Interpreter& interpreter_;
};

}  // namespace

std::string format_percent(std::string_view format, const Value& arguments, Budget& budget) {
  return PercentFormatter(format, arguments, budget).run();
}

std::string format_braces(std::string_view format, const CallArgs& args, Interpreter& interpreter) {
  std::string out;
  std::int64_t automatic = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    const char c = format[i];
    const bool doubled = i + 1 < format.size() && format[i + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      out += c;
      ++i;
    } else if (c == '}') {
      fail("Single '}' encountered in format string");
    } else if (c == '{') {
      const std::size_t end = format.find('}', i);
      if (end == std::string_view::npos) fail("Single '{' encountered in format string");
      out += FieldReader(format.substr(i + 1, end - i - 1), args, interpreter).read(automatic);
      interpreter.budget().spend_bytes(out.size());
      i = end;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace c2c::jinja
