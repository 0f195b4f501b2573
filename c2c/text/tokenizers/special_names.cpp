#include "c2c/text/tokenizers/special_names.h"

#include <algorithm>
#include <charconv>

namespace c2c::tok {
namespace {

// A token is given as text or as an object of AddedToken's fields. nullopt for what is neither (false, lists, ...).
std::optional<AddedToken> read_token(const std::string& where, const std::string& key, const Json& value) {
  AddedToken token;
  token.special = true;
  token.normalized = false;
  if (value.is_string()) {
    token.content = value.get<std::string>();
  } else if (value.is_object() && value.contains("content")) {
    const ConfigPart part{value, where, key};
    token.content = part.text("content");
    token.single_word = part.flag("single_word", false);
    token.lstrip = part.flag("lstrip", false);
    token.rstrip = part.flag("rstrip", false);
    token.normalized = part.flag("normalized", false);
  } else {
    return std::nullopt;
  }
  if (token.content.empty()) return std::nullopt;
  return token;
}

void read_added(const ConfigPart& config, SpecialNames& names) {
  const Json* decoder = config.find("added_tokens_decoder");
  if (decoder == nullptr || !decoder->is_object()) return;
  for (const auto& [id, value] : decoder->items()) {
    const std::string key = "added_tokens_decoder." + id;
    auto token = read_token(config.where, key, value);
    const auto parsed = token ? std::from_chars(id.data(), id.data() + id.size(), token->id) : std::from_chars_result{};
    if (!token || parsed.ec != std::errc() || parsed.ptr != id.data() + id.size())
      fail_input({.where = config.where, .key = key, .found = show(value), .expected = "id: {\"content\": ...}"});
    token->special = ConfigPart{value, config.where, key}.flag("special", false);
    names.added.push_back(*token);
  }
  std::stable_sort(names.added.begin(), names.added.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
}

}  // namespace

SpecialNames read_special_names(const std::string& where, const Json& config) {
  SpecialNames names;
  if (config.is_null()) return names;
  const ConfigPart part{config, where, ""};
  read_added(part, names);
  const auto name = [&](const std::string& key, const Json& value) {
    const auto token = read_token(where, key, value);
    if (token) names.named.push_back(*token);
    return token ? std::optional(token->content) : std::nullopt;
  };
  const auto role = [&](const char* key) {
    const Json* value = part.find(key);
    return value == nullptr ? std::nullopt : name(key, *value);
  };
  names.bos = role("bos_token");
  names.eos = role("eos_token");
  names.unk = role("unk_token");
  names.pad = role("pad_token");
  for (const char* key : {"sep_token", "cls_token", "mask_token"}) role(key);
  // A list of tokens, or (newer, per model) a map from role to token.
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"})
    if (const Json* list = part.find(key); list != nullptr && (list->is_array() || list->is_object()))
      for (const Json& value : *list) name(key, value);
  return names;
}

}  // namespace c2c::tok
