#include "c2c/io/config/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "c2c/io/config/assign.h"
#include "c2c/io/config/print.h"

namespace c2c {
namespace {

std::string longest_flag(const std::string& flags) {
  std::string best;
  for (std::size_t begin = 0; begin <= flags.size();) {
    const std::size_t comma = std::min(flags.find(',', begin), flags.size());
    const std::string flag = flags.substr(begin, comma - begin);
    if (flag.starts_with("--") && best.empty()) best = flag;  // the first long one is the name, others are aliases
    begin = comma + 1;
  }
  return best.empty() ? flags : best;
}

bool is_flag(const FieldTarget& target) {
  return std::holds_alternative<bool*>(target);
}
bool is_list(const FieldTarget& target) {
  return std::holds_alternative<std::vector<std::string>*>(target);
}

std::string placeholder(const Field& field) {
  if (!field.choices.empty()) {
    std::string text;
    for (const std::string& choice : field.choices) text += (text.empty() ? "" : "|") + choice;
    return text;
  }
  if (field.is_path) return "PATH";
  if (std::holds_alternative<std::string*>(field.target) || is_list(field.target)) return "TEXT";
  if (std::holds_alternative<double*>(field.target)) return "NUMBER";
  if (std::holds_alternative<std::optional<bool>*>(field.target)) return "true|false";
  return "INT";
}

// Shown in help: the field's present value, unless it says nothing.
std::string default_text(const Field& field) {
  const auto json = fields_to_json([&](const FieldVisitor& visit) {
    Field keyed = field;
    keyed.key = "value";
    visit(keyed);
  });
  const auto found = json.find("value");
  if (found == json.end() || found->is_array() || (found->is_string() && found->get<std::string>().empty())) return {};
  const std::string text = found->is_string() ? found->get<std::string>() : found->dump();
  return text.find('\n') == std::string::npos ? text : std::string();
}

}  // namespace

std::string environment_name(const std::string& flag) {
  std::string name = "C2C_";
  for (const char c : flag.substr(std::min(flag.find_first_not_of('-'), flag.size())))
    name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

void CommandLine::add(CLI::App& app, const FieldsOf& fields, const std::string& group) {
  fields([&](const Field& field) {
    if (const auto* nested = std::get_if<FieldGroup>(&field.target)) return add(app, nested->fields, group);
    if (!field.flags.empty()) add_field(app, field, group);
  });
}

void CommandLine::add_field(CLI::App& app, const Field& field, const std::string& group) {
  auto value = std::make_shared<Value>(Value{field, longest_flag(field.flags), {}});
  values_.push_back(value);
  const auto keep = [value](const CLI::results_t& texts) {
    value->texts = texts;
    const std::string& implied = value->field.implied;
    if (!implied.empty() && (texts.empty() || texts.back().empty())) value->texts = {implied};
    return true;
  };
  CLI::Option* option = nullptr;
  if (is_flag(field.target)) {
    const auto keep_flag = [value](std::int64_t count) { value->texts = {count > 0 ? "true" : "false"}; };
    option = app.add_flag_function(field.flags, keep_flag, field.help);
  } else {
    option = app.add_option(field.flags, CLI::callback_t(keep), field.help);
    option->type_size(1)->expected(1)->allow_extra_args(false)->type_name(placeholder(field));
    if (is_list(field.target)) {
      const bool is_positional = !field.flags.starts_with('-');
      option->expected(1, CLI::detail::expected_max_vector_size)->allow_extra_args(is_positional);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    } else {
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
      option->default_str(default_text(field));
      if (!field.implied.empty()) option->expected(0, 1);
    }
  }
  option->group(group);
  if (value->name.starts_with("--")) option->envname(environment_name(value->name));
}

void CommandLine::apply() const {
  for (const auto& value : values_) assign_texts(value->field, value->texts, value->name);
}

bool CommandLine::was_given(const std::string& flag) const {
  for (const auto& value : values_)
    if (value->name == flag) return !value->texts.empty();
  return false;
}

}  // namespace c2c
