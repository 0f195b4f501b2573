#include "c2c/eval/sweeps/scalar.h"

#include <string_view>

namespace c2c {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

bool is_scalar(const Json& value) {
  return value.is_string() || value.is_number() || value.is_boolean();
}

std::string scalar_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump(value);
}

std::string shown(const Json& value) {
  std::string text = dump(value);
  if (text.size() <= 60) return text;
  std::size_t end = 57;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return text.substr(0, end) + "...";
}

std::string setting_text(const std::string& key, const Json& value) {
  if (!value.is_string()) return key + "=" + dump(value);
  const auto& text = value.get_ref<const std::string&>();
  const bool other = text.empty() || text[0] == '[' || text[0] == '{' || Json::accept(text);
  return key + "=" + (other ? dump(value) : text);
}

bool is_checkpoint_name(const std::string& name) {
  constexpr std::string_view kPrefix = "checkpoint-";
  if (name == "best" || name == "final") return true;
  return name.starts_with(kPrefix) && name.size() > kPrefix.size() && name.size() < kPrefix.size() + 18 &&
         name.find_first_not_of("0123456789", kPrefix.size()) == name.npos;
}

}  // namespace c2c
