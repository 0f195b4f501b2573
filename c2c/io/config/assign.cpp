#include "c2c/io/config/assign.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "c2c/base/error.h"
#include "c2c/io/config/parse_text.h"

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// How a value looks in a message: short.
std::string show(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

// One value on its way into one field.
class Assigner {
 public:
  Assigner(const Field& field, const AssignSource& source, std::string key)
      : field_(field), source_(source), key_(std::move(key)) {}

  void operator()(const Json& value) {
    std::visit([&](const auto& target) { set(target, value); }, field_.target);
  }

 private:
  [[noreturn]] void fail(const Json& value, const std::string& expected) const {
    fail_usage({.where = source_.name, .key = key_, .found = show(value), .expected = expected});
  }

  void set(bool* target, const Json& value) const {
    if (!value.is_boolean()) fail(value, "true or false");
    *target = value.get<bool>();
  }
  void set(std::int64_t* target, const Json& value) const { *target = integer(value); }
  void set(double* target, const Json& value) const {
    if (!value.is_number()) fail(value, "a number");
    const double number = value.get<double>();
    if (!(number >= field_.minimum && number <= field_.maximum)) fail(value, range_text());
    *target = number;
  }
  void set(std::string* target, const Json& value) const { *target = text(value); }
  void set(std::vector<std::string>* target, const Json& value) const {
    std::vector<std::string> texts;
    if (value.is_array())
      for (const Json& item : value) texts.push_back(text(item));
    else
      texts.push_back(text(value));
    *target = std::move(texts);
  }
  void set(std::optional<bool>* target, const Json& value) const {
    if (value.is_null()) return target->reset();
    bool flag = false;
    set(&flag, value);
    *target = flag;
  }
  void set(std::optional<std::int64_t>* target, const Json& value) const {
    if (value.is_null()) return target->reset();
    *target = integer(value);
  }
  void set(std::optional<std::uint64_t>* target, const Json& value) const {
    if (value.is_null()) return target->reset();
    if (!value.is_number_unsigned()) fail(value, "a whole number from 0 on");
    *target = value.get<std::uint64_t>();
  }
  void set(const FieldGroup& group, const Json& value) const {
    const Json members = with_shorthand(value, group.shorthand);
    if (!members.is_object()) fail(value, "a map");
    assign_under(group.fields, members, key_);
  }
  void set(const FieldList& list, const Json& value) const {
    if (!value.is_array()) fail(value, "a list");
    list.clear();
    for (std::size_t i = 0; i < value.size(); ++i) {
      const Json item = with_shorthand(value[i], list.shorthand);
      const std::string place = key_ + "[" + std::to_string(i) + "]";
      if (!item.is_object())
        fail_usage({.where = source_.name, .key = place, .found = show(item), .expected = "a map"});
      assign_under(list.append(), item, place);
    }
  }

  std::int64_t integer(const Json& value) const {
    const bool fits =
        value.is_number_unsigned() ? value.get<std::uint64_t>() <= std::uint64_t{INT64_MAX} : value.is_number_integer();
    if (!fits) fail(value, "a whole number");
    const auto number = value.get<std::int64_t>();
    if (static_cast<double>(number) < field_.minimum || static_cast<double>(number) > field_.maximum)
      fail(value, range_text());
    return number;
  }
  std::string text(const Json& value) const {
    if (value.is_null()) return {};
    // A bare word such as `off` stays text; numbers are given back as written where that is unambiguous.
    std::string result = value.is_string() ? value.get<std::string>() : value.is_structured() ? "" : value.dump();
    if (value.is_structured()) fail(value, "text");
    if (!field_.choices.empty() && !result.empty() &&  // empty: not said
        std::find(field_.choices.begin(), field_.choices.end(), result) == field_.choices.end()) {
      const std::string near = nearest_name(result, field_.choices);
      fail_usage({.where = source_.name,
                  .key = key_,
                  .found = show(value),
                  .expected = join(field_.choices),
                  .hint = near.empty() ? "" : "did you mean " + near + "?"});
    }
    return field_.is_path ? resolve_path(result, source_, key_) : result;
  }
  std::string range_text() const {
    const auto number = [](double bound) {
      std::string digits = std::to_string(bound);
      digits.erase(digits.find_last_not_of('0') + 1);
      if (digits.ends_with('.')) digits.pop_back();
      return digits;
    };
    if (std::isinf(field_.maximum)) return "at least " + number(field_.minimum);
    if (std::isinf(field_.minimum)) return "at most " + number(field_.maximum);
    return number(field_.minimum) + " to " + number(field_.maximum);
  }
  static Json with_shorthand(const Json& value, const std::string& member) {
    if (member.empty() || !value.is_string()) return value;
    Json map = Json::object();
    map[member] = value;
    return map;
  }
  void assign_under(const FieldsOf& fields, const Json& tree, const std::string& prefix) const;

  const Field& field_;
  const AssignSource& source_;
  std::string key_;
};

void assign_tree(const FieldsOf& fields, const Json& tree, const AssignSource& source, const std::string& prefix) {
  std::vector<std::string> known;
  fields([&](const Field& field) {
    if (!field.key.empty()) known.push_back(field.key);
  });
  const auto place = [&](const std::string& key) { return prefix.empty() ? key : prefix + "." + key; };
  for (const auto& item : tree.items()) {
    if (std::find(known.begin(), known.end(), item.key()) != known.end()) continue;
    const std::string near = nearest_name(item.key(), known);
    fail_usage({.where = source.name,
                .key = place(item.key()),
                .found = "an unknown key",
                .expected = "one of " + join(known),
                .hint = near.empty() ? "" : "did you mean " + near + "?"});
  }
  fields([&](const Field& field) {
    const auto found = field.key.empty() ? tree.end() : tree.find(field.key);
    if (found != tree.end()) Assigner(field, source, place(field.key))(*found);
  });
}

void Assigner::assign_under(const FieldsOf& fields, const Json& tree, const std::string& prefix) const {
  assign_tree(fields, tree, source_, prefix);
}

// Command-line text as the JSON value its field wants; text that is no such value stays text, for the message.
Json value_of(const FieldTarget& target, const std::string& text) {
  const bool is_text =
      std::holds_alternative<std::string*>(target) || std::holds_alternative<std::vector<std::string>*>(target);
  if (is_text) return text;
  if (text == "true" || text == "1")
    if (std::holds_alternative<bool*>(target) || std::holds_alternative<std::optional<bool>*>(target)) return true;
  if (text == "false" || text == "0")
    if (std::holds_alternative<bool*>(target) || std::holds_alternative<std::optional<bool>*>(target)) return false;
  const char* end = text.data() + text.size();
  std::uint64_t whole = 0;
  if (auto [p, ec] = std::from_chars(text.data(), end, whole); ec == std::errc() && p == end) return whole;
  std::int64_t negative = 0;
  if (auto [p, ec] = std::from_chars(text.data(), end, negative); ec == std::errc() && p == end) return negative;
  double real = 0;
  if (auto [p, ec] = std::from_chars(text.data(), end, real); ec == std::errc() && p == end) return real;
  return text;
}

}  // namespace

void assign_fields(const FieldsOf& fields, const Json& tree, const AssignSource& source) {
  if (!tree.is_object()) fail_usage({.where = source.name, .found = show(tree), .expected = "a map of keys"});
  assign_tree(fields, tree, source, {});
}

void assign_file(const FieldsOf& fields, const std::filesystem::path& path) {
  const Json tree = parse_config_text(path.string(), read_config_file(path));
  std::filesystem::path folder = path.parent_path();
  if (folder.empty()) folder = ".";
  assign_fields(fields, tree, {.name = path.string(), .folder = folder});
}

void assign_texts(const Field& field, const std::vector<std::string>& texts, const std::string& name) {
  const AssignSource source{.name = name};
  if (texts.empty()) return;
  // Paths on the command line are the shell's: no expansion, relative to the working directory.
  Field plain = field;
  plain.is_path = false;
  if (std::holds_alternative<std::vector<std::string>*>(field.target)) return Assigner(plain, source, {})(Json(texts));
  Assigner(plain, source, {})(value_of(field.target, texts.back()));
}

}  // namespace c2c
