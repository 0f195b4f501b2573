// Methods of Python's str, list, tuple and dict, but those that change a value in place.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "c2c/text/chat/jinja_format.h"
#include "c2c/text/chat/jinja_interpreter.h"
#include "c2c/text/chat/jinja_text.h"

namespace c2c::jinja {
namespace {

const std::string& text_argument(const Value& value, std::string_view method) {
  if (value.is_undefined()) fail_undefined(value);
  if (!value.is_string()) fail(std::string(method) + "() argument must be str, not " + value.type_name());
  return value.string();
}

std::int64_t integer_argument(const Value& value, std::int64_t otherwise, std::string_view method) {
  if (value.is_undefined() || value.is_none()) return otherwise;
  if (!value.is_integral()) fail(std::string(method) + "() argument must be int, not " + value.type_name());
  return value.integer();
}

Value list_of(const std::vector<std::string_view>& parts, Budget& budget) {
  budget.spend(4 * parts.size() + 1);
  Items items;
  for (const std::string_view part : parts) items.emplace_back(part);
  return Value::list(std::move(items));
}

void pay(Interpreter& interpreter, const Value& self) {
  interpreter.budget().spend_bytes(2 * self.string().size());
}

template <bool kLeft, bool kRight>
Value strip_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  const Items bound = args.bind("strip", {"chars"});
  std::optional<std::string_view> chars;
  if (!bound[0].is_undefined() && !bound[0].is_none()) chars = text_argument(bound[0], "strip");
  interpreter.budget().spend_bytes(self.string().size(), chars ? 1 + chars->size() / 2 : 1);
  return Value(strip(self.string(), chars, kLeft, kRight));
}

template <bool kFromRight>
Value split_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  pay(interpreter, self);
  const Items bound = args.bind("split", {"sep", "maxsplit"});
  const std::int64_t most = integer_argument(bound[1], -1, "split");
  const std::string& text = self.string();
  if (bound[0].is_undefined() || bound[0].is_none())
    return list_of(kFromRight ? rsplit_spaces(text, most) : split_spaces(text, most), interpreter.budget());
  const std::string& separator = text_argument(bound[0], "split");
  if (separator.empty()) fail("empty separator");
  return list_of(kFromRight ? rsplit(text, separator, most) : split(text, separator, most), interpreter.budget());
}

Value splitlines_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  pay(interpreter, self);
  return list_of(split_lines(self.string(), args.bind("splitlines", {"keepends"})[0].truthy()), interpreter.budget());
}

template <bool kAtEnd>
Value affix_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  const Items bound = args.bind(kAtEnd ? "endswith" : "startswith", {"prefix", "start", "end"});
  std::string_view text = self.string();
  std::string part;
  if (!bound[1].is_undefined() || !bound[2].is_undefined()) {
    pay(interpreter, self);
    const std::int64_t end = integer_argument(bound[2], INT64_MAX, "startswith");
    part = slice_text(text, integer_argument(bound[1], 0, "startswith"), end, 1);
    text = part;
  }
  const auto fits = [&](const Value& affix) {
    const std::string& wanted = text_argument(affix, kAtEnd ? "endswith" : "startswith");
    interpreter.budget().spend_bytes(wanted.size());
    return kAtEnd ? text.ends_with(wanted) : text.starts_with(wanted);
  };
  if (bound[0].kind() != Kind::kTuple) return Value(fits(bound[0]));
  return Value(std::any_of(bound[0].items().begin(), bound[0].items().end(), fits));
}

Value replace_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  pay(interpreter, self);
  const Items bound = args.bind("replace", {"old", "new", "count"});
  const std::string &from = text_argument(bound[0], "replace"), &to = text_argument(bound[1], "replace");
  const std::uint64_t most = from.empty() ? self.string().size() + 1 : self.string().size() / from.size();
  interpreter.budget().spend_bytes(most, to.size());
  return Value(replace(self.string(), from, to, integer_argument(bound[2], -1, "replace")));
}

template <std::string (*kMap)(std::string_view)>
Value map_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  args.bind("case", {});
  interpreter.budget().spend_bytes(8 * self.string().size());
  return Value(kMap(self.string()));
}

template <TextClass kClass>
Value class_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  args.bind("is", {});
  interpreter.budget().spend_bytes(4 * self.string().size());
  return Value(all_of_class(self.string(), kClass));
}

Value join_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  std::string out;
  bool first = true;
  for (const Value& item : iterate(args.bind("join", {"iterable"})[0], interpreter.budget())) {
    if (!item.is_string()) fail("sequence item: expected str instance, " + item.type_name() + " found");
    interpreter.budget().spend_bytes(self.string().size() + item.string().size());
    if (!first) out += self.string();
    out += item.string();
    first = false;
  }
  return Value(std::move(out));
}

template <bool kFromRight, bool kMustExist>
Value find_method_of_text(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  pay(interpreter, self);
  const Items bound = args.bind("find", {"sub", "start", "end"});
  const auto size = static_cast<std::int64_t>(count_characters(self.string()));
  const SliceRange range =
      resolve_slice(size, integer_argument(bound[1], 0, "find"), integer_argument(bound[2], size, "find"), 1);
  const std::string_view text = sub_text(self.string(), static_cast<std::size_t>(range.start),
                                         static_cast<std::size_t>(range.start + range.count));
  const std::string& what = text_argument(bound[0], "find");
  const std::size_t at = kFromRight ? rfind_text(text, what) : find_text(text, what);
  if (at == std::string_view::npos) {
    if (kMustExist) fail("substring not found");
    return Value(std::int64_t{-1});
  }
  return Value(range.start + static_cast<std::int64_t>(count_characters(text.substr(0, at))));
}

Value count_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  pay(interpreter, self);
  const std::string& what = text_argument(args.bind("count", {"sub"})[0], "count");
  if (what.empty()) return Value::from_size(count_characters(self.string()) + 1);
  return Value::from_size(split(self.string(), what, -1).size() - 1);
}

template <bool kFromRight>
Value partition_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  pay(interpreter, self);
  const std::string& separator = text_argument(args.bind("partition", {"sep"})[0], "partition");
  if (separator.empty()) fail("empty separator");
  const std::string& text = self.string();
  const std::size_t at = kFromRight ? rfind_text(text, separator) : find_text(text, separator);
  const Value none("");
  if (at == std::string::npos) return Value::tuple(kFromRight ? Items{none, none, self} : Items{self, none, none});
  return Value::tuple({Value(text.substr(0, at)), Value(separator), Value(text.substr(at + separator.size()))});
}

template <bool kPrefix>
Value remove_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  pay(interpreter, self);
  const std::string& affix = text_argument(args.bind("removeprefix", {"prefix"})[0], "removeprefix");
  const std::string& text = self.string();
  if (kPrefix) return Value(text.starts_with(affix) ? text.substr(affix.size()) : text);
  return Value(text.ends_with(affix) ? text.substr(0, text.size() - affix.size()) : text);
}

enum class Side { kLeft, kRight, kCenter, kZeros };

template <Side kSide>
Value pad_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  const Items bound = args.bind("pad", {"width", "fillchar"});
  const std::int64_t width = integer_argument(bound[0], 0, "pad");
  const std::string fill = kSide == Side::kZeros ? "0" : bound[1].is_undefined() ? " " : text_argument(bound[1], "pad");
  if (count_characters(fill) != 1) fail("The fill character must be exactly one character long");
  const std::string& text = self.string();
  const std::int64_t missing = width - static_cast<std::int64_t>(count_characters(text));
  if (missing <= 0) return self;
  interpreter.budget().spend_bytes(text.size());
  interpreter.budget().spend_bytes(static_cast<std::uint64_t>(missing), fill.size());
  std::int64_t left = kSide == Side::kRight ? 0 : missing;
  if (kSide == Side::kCenter) left = missing / 2 + (missing & width & 1);
  std::string out;
  std::size_t sign = 0;
  if (kSide == Side::kZeros && (text.starts_with('-') || text.starts_with('+'))) out = text.substr(0, sign = 1);
  for (std::int64_t i = 0; i < left; ++i) out += fill;
  out += text.substr(sign);
  for (std::int64_t i = left; i < missing; ++i) out += fill;
  return Value(std::move(out));
}

Value format_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  pay(interpreter, self);
  return Value(format_braces(self.string(), args, interpreter));
}

Value index_of(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  const Value what = args.bind("index", {"value"})[0];
  for (std::size_t i = 0; i < self.items().size(); ++i)
    if (equals(self.items()[i], what, interpreter.budget())) return Value::from_size(i);
  fail(to_repr(what, interpreter.budget()) + " is not in list");
}

Value count_of(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  const Value what = args.bind("count", {"value"})[0];
  return Value::from_size(
      static_cast<std::size_t>(std::count_if(self.items().begin(), self.items().end(), [&](const Value& one) {
        return equals(one, what, interpreter.budget());
      })));
}

Value copy_method(Interpreter&, const Value& self, const CallArgs&) {
  return self;  // values do not change
}

enum class Part { kKeys, kValues, kItems };

template <Part kPart>
Value dict_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  args.bind("dict", {});
  interpreter.budget().spend(4 * self.dict().size() + 1);
  Items items;
  for (const auto& [key, value] : self.dict().entries())
    items.push_back(kPart == Part::kKeys ? key : kPart == Part::kValues ? value : Value::tuple({key, value}));
  return Value::list(std::move(items));
}

Value get_method(Interpreter& interpreter, const Value& self, const CallArgs& args) {
  const Items bound = args.bind("get", {"key", "default"});
  if (const Value* found = self.dict().find(bound[0], interpreter.budget())) return *found;
  const bool given = args.positional.size() > 1 || args.find("default") != nullptr;
  return given ? bound[1] : Value::none();
}

using Table = std::unordered_map<std::string_view, MethodFunction>;

const Table kTextMethods{
    {"strip", strip_method<true, true>},
    {"lstrip", strip_method<true, false>},
    {"rstrip", strip_method<false, true>},
    {"split", split_method<false>},
    {"rsplit", split_method<true>},
    {"splitlines", splitlines_method},
    {"startswith", affix_method<false>},
    {"endswith", affix_method<true>},
    {"replace", replace_method},
    {"upper", map_method<to_upper>},
    {"lower", map_method<to_lower>},
    {"title", map_method<to_title>},
    {"capitalize", map_method<to_capitalized>},
    {"swapcase", map_method<swap_case>},
    {"isalpha", class_method<TextClass::kAlpha>},
    {"isdigit", class_method<TextClass::kDigit>},
    {"isalnum", class_method<TextClass::kAlnum>},
    {"isspace", class_method<TextClass::kSpace>},
    {"isupper", class_method<TextClass::kUpper>},
    {"islower", class_method<TextClass::kLower>},
    {"join", join_method},
    {"find", find_method_of_text<false, false>},
    {"rfind", find_method_of_text<true, false>},
    {"index", find_method_of_text<false, true>},
    {"rindex", find_method_of_text<true, true>},
    {"count", count_method},
    {"partition", partition_method<false>},
    {"rpartition", partition_method<true>},
    {"removeprefix", remove_method<true>},
    {"removesuffix", remove_method<false>},
    {"ljust", pad_method<Side::kRight>},
    {"rjust", pad_method<Side::kLeft>},
    {"center", pad_method<Side::kCenter>},
    {"zfill", pad_method<Side::kZeros>},
    {"format", format_method},
};
const Table kListMethods{{"index", index_of}, {"count", count_of}, {"copy", copy_method}};
const Table kTupleMethods{{"index", index_of}, {"count", count_of}};
const Table kDictMethods{
    {"keys", dict_method<Part::kKeys>},
    {"values", dict_method<Part::kValues>},
    {"items", dict_method<Part::kItems>},
    {"get", get_method},
    {"copy", copy_method},
};

}  // namespace

MethodFunction find_method(Kind kind, std::string_view name) {
  const Table* table = kind == Kind::kString  ? &kTextMethods
                       : kind == Kind::kList  ? &kListMethods
                       : kind == Kind::kTuple ? &kTupleMethods
                       : kind == Kind::kDict  ? &kDictMethods
                                              : nullptr;
  if (table == nullptr) return nullptr;
  const auto found = table->find(name);
  return found == table->end() ? nullptr : found->second;
}

bool changes_in_place(Kind kind, std::string_view name) {
  static constexpr std::array<std::string_view, 7> kList{"append", "clear",  "extend", "insert",
                                                         "pop",    "remove", "reverse"};
  static constexpr std::array<std::string_view, 5> kDict{"clear", "pop", "popitem", "setdefault", "update"};
  if (kind == Kind::kList) return name == "sort" || std::find(kList.begin(), kList.end(), name) != kList.end();
  return kind == Kind::kDict && std::find(kDict.begin(), kDict.end(), name) != kDict.end();
}

}  // namespace c2c::jinja
