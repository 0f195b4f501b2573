#include "c2c/io/config/print.h"

#include <cmath>
#include <sstream>

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

Json value_json(const FieldTarget& target);

Json members_json(const FieldsOf& fields) {
  Json map = Json::object();
  fields([&](const Field& field) {
    if (field.key.empty()) return;
    Json value = value_json(field.target);
    if (!value.is_null()) map[field.key] = std::move(value);
  });
  return map;
}

struct ToJson {
  Json operator()(const FieldGroup& group) const { return members_json(group.fields); }
  Json operator()(const FieldList& list) const {
    Json items = Json::array();
    for (std::size_t i = 0; i < list.size(); ++i) items.push_back(members_json(list.at(i)));
    return items;
  }
  template <class T>
  Json operator()(const std::optional<T>* value) const {
    return *value ? Json(**value) : Json();
  }
  template <class T>
  Json operator()(const T* value) const {
    return *value;
  }
};

Json value_json(const FieldTarget& target) {
  return std::visit(ToJson{}, target);
}

std::string type_name(const Field& field) {
  if (!field.choices.empty()) {
    std::string text;
    for (const std::string& choice : field.choices) text += (text.empty() ? "" : "|") + choice;
    return text;
  }
  struct Name {
    std::string operator()(const bool*) const { return "true|false"; }
    std::string operator()(const std::optional<bool>*) const { return "true|false"; }
    std::string operator()(const std::int64_t*) const { return "INT"; }
    std::string operator()(const std::optional<std::int64_t>*) const { return "INT"; }
    std::string operator()(const std::optional<std::uint64_t>*) const { return "INT"; }
    std::string operator()(const double*) const { return "NUMBER"; }
    std::string operator()(const std::string*) const { return "TEXT"; }
    std::string operator()(const std::vector<std::string>*) const { return "[TEXT]"; }
    std::string operator()(const FieldGroup&) const { return "map"; }
    std::string operator()(const FieldList&) const { return "list of maps"; }
  };
  return field.is_path ? "PATH" : std::visit(Name{}, field.target);
}

// A scalar as YAML: JSON texts are valid YAML; infinities have a form of their own.
std::string scalar_text(const Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>()))
    return std::isnan(value.get<double>()) ? ".nan" : value.get<double>() > 0 ? ".inf" : "-.inf";
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void write_members(std::ostream& out, const FieldsOf& fields, const std::string& indent) {
  fields([&](const Field& field) {
    if (field.key.empty()) return;
    const Json value = value_json(field.target);
    out << indent << "# " << field.help << '\n';
    if (value.is_null()) {
      out << indent << "# " << field.key << ":\n";
    } else if (const auto* group = std::get_if<FieldGroup>(&field.target)) {
      out << indent << field.key << ":\n";
      write_members(out, group->fields, indent + "  ");
    } else if (const auto* list = std::get_if<FieldList>(&field.target); list != nullptr && list->size() > 0) {
      out << indent << field.key << ":\n";
      for (std::size_t i = 0; i < list->size(); ++i) {
        out << indent << "  -\n";
        write_members(out, list->at(i), indent + "    ");
      }
    } else {
      out << indent << field.key << ": " << scalar_text(value) << '\n';
    }
  });
}

void write_help(std::ostream& out, const FieldsOf& fields, const std::string& prefix) {
  fields([&](const Field& field) {
    if (field.key.empty()) return;
    const std::string name = prefix + field.key;
    out << "  " << name << "  " << type_name(field) << '\n' << "      " << field.help << '\n';
    if (const auto* group = std::get_if<FieldGroup>(&field.target)) write_help(out, group->fields, name + ".");
    if (const auto* list = std::get_if<FieldList>(&field.target)) {
      if (list->size() == 0) list->append();
      write_help(out, list->at(0), name + "[].");
    }
  });
}

}  // namespace

Json fields_to_json(const FieldsOf& fields) {
  return members_json(fields);
}

std::string fields_to_yaml(const FieldsOf& fields) {
  std::ostringstream out;
  write_members(out, fields, {});
  return out.str();
}

std::string fields_help(const FieldsOf& fields) {
  std::ostringstream out;
  write_help(out, fields, {});
  return out.str();
}

}  // namespace c2c
