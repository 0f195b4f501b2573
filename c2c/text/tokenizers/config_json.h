// Reading the parts of tokenizer.json: typed fields whose absence or type is an error that names the place.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "c2c/base/error.h"

namespace c2c::tok {

using Json = nlohmann::json;

// A JSON object and where it stands ("FILE", "pre_tokenizer.pretokenizers[0]").
struct ConfigPart {
  const Json& json;
  std::string where, key;

  [[noreturn]] void fail(std::string_view field, const std::string& found, const std::string& expected) const;
  std::string type() const { return text("type"); }
  std::string text(std::string_view field) const;
  std::string text_or(std::string_view field, const std::string& fallback) const;
  bool flag(std::string_view field, bool fallback) const;
  std::size_t number(std::string_view field) const;
  // One character; `field` holds nothing else.
  char32_t character(std::string_view field) const;
  // The elements of the array `field`, as parts.
  std::vector<ConfigPart> list(std::string_view field) const;
  ConfigPart child(std::string_view field) const;
  const Json* find(std::string_view field) const;  // nullptr when absent or null
};

std::string show(const Json& value);  // short, for messages

}  // namespace c2c::tok
