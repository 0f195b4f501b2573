#include "c2c/text/tokenizers/config_json.h"

#include "c2c/base/utf8.h"

namespace c2c::tok {

std::string show(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > 100) text = sanitize_utf8(text.substr(0, 100)) + "...";
  return text;
}

void ConfigPart::fail(std::string_view field, const std::string& found, const std::string& expected) const {
  std::string place = key;
  if (!field.empty()) place += (place.empty() ? "" : ".") + std::string(field);
  fail_input({.where = where, .key = place, .found = found, .expected = expected});
}

const Json* ConfigPart::find(std::string_view field) const {
  if (!json.is_object()) fail("", show(json), "an object");
  const auto at = json.find(field);
  return at == json.end() || at->is_null() ? nullptr : &*at;
}

std::string ConfigPart::text(std::string_view field) const {
  const Json* value = find(field);
  if (value == nullptr || !value->is_string()) fail(field, value == nullptr ? "nothing" : show(*value), "a string");
  return value->get<std::string>();
}

std::string ConfigPart::text_or(std::string_view field, const std::string& fallback) const {
  return find(field) == nullptr ? fallback : text(field);
}

bool ConfigPart::flag(std::string_view field, bool fallback) const {
  const Json* value = find(field);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) fail(field, show(*value), "true or false");
  return value->get<bool>();
}

std::size_t ConfigPart::number(std::string_view field) const {
  const Json* value = find(field);
  if (value == nullptr || !value->is_number_unsigned() || value->get<std::uint64_t>() > 0x7FFFFFFF)
    fail(field, value == nullptr ? "nothing" : show(*value), "a number from 0 to 2147483647");
  return value->get<std::size_t>();
}

char32_t ConfigPart::character(std::string_view field) const {
  const std::u32string chars = to_utf32(text(field));
  if (chars.size() != 1) fail(field, "'" + text(field) + "'", "one character");
  return chars[0];
}

ConfigPart ConfigPart::child(std::string_view field) const {
  const Json* value = find(field);
  if (value == nullptr) fail(field, "nothing", "an object");
  return {*value, where, key + (key.empty() ? "" : ".") + std::string(field)};
}

std::vector<ConfigPart> ConfigPart::list(std::string_view field) const {
  const Json* value = find(field);
  if (value == nullptr || !value->is_array()) fail(field, value == nullptr ? "nothing" : show(*value), "a list");
  std::vector<ConfigPart> parts;
  for (std::size_t i = 0; i < value->size(); ++i)
    parts.push_back(
        {(*value)[i], where, key + (key.empty() ? "" : ".") + std::string(field) + "[" + std::to_string(i) + "]"});
  return parts;
}

}  // namespace c2c::tok
