// Filters on text.
#include <algorithm>
#include <unordered_map>

#include "c2c/base/utf8.h"
#include "c2c/text/chat/jinja_filter_args.h"
#include "c2c/text/chat/jinja_format.h"
#include "c2c/text/chat/jinja_text.h"

namespace c2c::jinja {
namespace {

std::string text_of(Interpreter& interpreter, const Value& input, std::uint64_t factor = 2) {
  std::string text = to_text(input, interpreter.budget());
  interpreter.budget().spend_bytes(factor * text.size());
  return text;
}

// The rest is the method of the same name.
Value by_method(Interpreter& interpreter, const char* name, const Value& input, const CallArgs& args) {
  const Value text(text_of(interpreter, input));
  return find_method(Kind::kString, name)(interpreter, text, args);
}

Value upper_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  return by_method(interpreter, "upper", input, args);
}
Value lower_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  return by_method(interpreter, "lower", input, args);
}
Value capitalize_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  return by_method(interpreter, "capitalize", input, args);
}
Value trim_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  return by_method(interpreter, "strip", input, args);
}

Value center_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Value width(integer_or(args.bind("center", {"width"})[0], 80, "width"));
  return by_method(interpreter, "center", input, {{width}, {}});
}

Value replace_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("replace", {"old", "new", "count"});
  Budget& budget = interpreter.budget();
  return by_method(
      interpreter, "replace", input,
      {{Value(to_text(bound[0], budget)), Value(to_text(bound[1], budget)), Value(integer_or(bound[2], -1, "count"))},
       {}});
}

Value format_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  if (!args.positional.empty() && !args.named.empty())
    fail("can't handle positional and keyword arguments at the same time");
  Budget& budget = interpreter.budget();
  if (args.named.empty()) return Value(format_percent(to_text(input, budget), Value::tuple(args.positional), budget));
  Dict dict;
  for (const auto& [key, value] : args.named) dict.set(Value(key), value, budget);
  return Value(format_percent(to_text(input, budget), Value::dict(std::move(dict)), budget));
}

// jinja2's title: words start after white space, '-', brackets or '<'; the rest of a word becomes lower case.
Value title_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("title", {});
  const std::string text = text_of(interpreter, input, 16);
  const auto breaks = [](std::string_view c) {
    return c == "-" || c == "(" || c == "{" || c == "[" || c == "<" || is_space(decode_code_point(c, 0).value);
  };
  std::string out, word;
  const auto flush = [&] {
    const auto first = sub_text(word, 0, 1);
    out += to_upper(first) + to_lower(std::string_view(word).substr(first.size()));
    word.clear();
  };
  for (const std::string_view c : characters(text)) {
    if (breaks(c)) {
      flush();
      out += c;
    } else {
      word += c;
    }
  }
  flush();
  return Value(std::move(out));
}

Value indent_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("indent", {"width", "first", "blank"});
  if (!input.is_string()) fail("indent takes a string, not " + input.type_name());
  const std::int64_t width = bound[0].is_string() ? 0 : integer_or(bound[0], 4, "width");
  if (width > 10'000) fail("indent: the width is too large");
  const std::string margin = bound[0].is_string()
                                 ? bound[0].string()
                                 : std::string(static_cast<std::size_t>(std::max<std::int64_t>(width, 0)), ' ');
  const bool first = bound[1].truthy(), blank = bound[2].truthy();
  const std::string text = text_of(interpreter, input) + "\n";
  const auto lines = split_lines(text, false);
  interpreter.budget().spend_bytes(lines.size() * (margin.size() + 32));
  std::string out = first ? margin : "";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out += "\n";
    if (i > 0 && (blank || !lines[i].empty())) out += margin;
    out += lines[i];
  }
  return Value(std::move(out));
}

Value truncate_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  const Items bound = args.bind("truncate", {"length", "killwords", "end", "leeway"});
  const std::string text = text_of(interpreter, input);
  const std::string end = given(bound[2]) ? to_text(bound[2], interpreter.budget()) : "...";
  const auto size = static_cast<std::int64_t>(count_characters(text));
  const auto end_size = static_cast<std::int64_t>(count_characters(end));
  const std::int64_t length = integer_or(bound[0], 255, "length"), leeway = integer_or(bound[3], 5, "leeway");
  if (length < end_size) fail("expected length >= " + std::to_string(end_size) + ", got " + std::to_string(length));
  if (leeway < 0) fail("expected leeway >= 0, got " + std::to_string(leeway));
  if (size - length <= leeway) return Value(text);
  const std::string_view kept = sub_text(text, 0, static_cast<std::size_t>(length - end_size));
  if (bound[1].truthy()) return Value(std::string(kept) + end);
  return Value(std::string(rsplit(kept, " ", 1)[0]) + end);
}

Value wordcount_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("wordcount", {});
  const std::string text = text_of(interpreter, input, 4);
  std::int64_t count = 0;
  bool in_word = false;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = decode_code_point(text, i);
    const bool word = is_word(c.value);
    count += word && !in_word;
    in_word = word;
    i += c.size;
  }
  return Value(count);
}

Value escape_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("escape", {});
  const std::string text = text_of(interpreter, input, 6);
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
  return Value(std::move(out));
}

// Nothing is escaped here, so nothing needs to be marked as safe.
Value safe_filter(Interpreter& interpreter, const Value& input, const CallArgs& args) {
  args.bind("safe", {});
  return Value(to_text(input, interpreter.budget()));
}

const std::unordered_map<std::string_view, FilterFunction> kFilters{
    {"capitalize", capitalize_filter},
    {"center", center_filter},
    {"e", escape_filter},
    {"escape", escape_filter},
    {"forceescape", escape_filter},
    {"format", format_filter},
    {"indent", indent_filter},
    {"lower", lower_filter},
    {"replace", replace_filter},
    {"safe", safe_filter},
    {"title", title_filter},
    {"trim", trim_filter},
    {"truncate", truncate_filter},
    {"upper", upper_filter},
    {"wordcount", wordcount_filter},
};

}  // namespace

FilterFunction find_text_filter(std::string_view name) {
  const auto found = kFilters.find(name);
  return found == kFilters.end() ? nullptr : found->second;
}

}  // namespace c2c::jinja
