#include "c2c/serve/api/fields.h"

#include <algorithm>
#include <cmath>

#include "c2c/io/config/assign.h"
#include "c2c/io/config/parse_text.h"

namespace c2c::api {
namespace {

// A chat of a million tokens given as ids still passes.
constexpr ParseLimits kLimits = {.bytes = std::size_t{256} << 20, .depth = 32, .nodes = 4'000'000};

std::string plain(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return std::to_string(static_cast<std::int64_t>(value));
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

}  // namespace

Json parse_body(std::string_view body) {
  if (body.empty()) fail_field("", "no body", "a JSON object");
  Json json;
  try {
    json = parse_json_text("body", body, kLimits);
  } catch (const Error& error) {
    throw ApiError({.status = 400, .message = error.what(), .code = "invalid_json"});
  }
  if (!json.is_object()) fail_field("", describe(json), "a JSON object");
  return json;
}

std::string describe(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return "number " + value.dump();
    case Json::value_t::string:
      return "string \"" + value.get_ref<const std::string&>() + "\"";
    case Json::value_t::array:
      return "a list";
    default:
      return "an object";
  }
}

Fields::Fields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
  if (!object.is_object()) fail_field(path_, describe(object), "an object");
}

const Json* Fields::find(const char* name) const {
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<bool> Fields::boolean(const char* name) const {
  const Json* value = find(name);
  if (value == nullptr) return {};
  if (!value->is_boolean()) fail_field(path(name), describe(*value), "true or false");
  return value->get<bool>();
}

std::optional<std::int64_t> Fields::integer(const char* name, std::int64_t least, std::int64_t most) const {
  const Json* value = find(name);
  if (value == nullptr) return {};
  const bool fits = value->is_number_unsigned()
                        ? value->get<std::uint64_t>() <= static_cast<std::uint64_t>(std::max<std::int64_t>(0, most))
                        : value->is_number_integer() && value->get<std::int64_t>() <= most;
  if (!fits || (!value->is_number_unsigned() && value->get<std::int64_t>() < least) ||
      (value->is_number_unsigned() && least > 0 && value->get<std::uint64_t>() < static_cast<std::uint64_t>(least)))
    fail_field(path(name), describe(*value),
               "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return value->get<std::int64_t>();
}

std::optional<double> Fields::number(const char* name, double least, double most) const {
  const Json* value = find(name);
  if (value == nullptr) return {};
  if (!value->is_number() || !(value->get<double>() >= least && value->get<double>() <= most))
    fail_field(path(name), describe(*value), "a number from " + plain(least) + " to " + plain(most));
  return value->get<double>();
}

std::optional<std::string> Fields::text(const char* name) const {
  const Json* value = find(name);
  if (value == nullptr) return {};
  if (!value->is_string()) fail_field(path(name), describe(*value), "a string");
  return value->get<std::string>();
}

std::string Fields::required_text(const char* name) const {
  std::optional<std::string> value = text(name);
  if (!value || value->empty()) fail_field(path(name), value ? "an empty string" : "nothing", "a string");
  return *value;
}

void Fields::allow_only(std::initializer_list<const char*> names) const {
  const std::vector<std::string> known(names.begin(), names.end());
  for (const auto& [name, value] : object_.items()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = nearest_name(name, known);
    std::string expected;
    for (const std::string& one : known) expected += (expected.empty() ? "one of " : ", ") + one;
    fail_field(path(name), "an unknown field", near.empty() ? expected : near + "?", "unknown_field");
  }
}

}  // namespace c2c::api
