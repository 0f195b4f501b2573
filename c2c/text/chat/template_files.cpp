#include "c2c/text/chat/template_files.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "c2c/base/error.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::optional<std::string> read_file(const fs::path& path) {
  std::error_code code;
  if (!fs::exists(path, code)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) fail_input({.where = path.string(), .found = "a file that cannot be read"});
  return text.str();
}

json parse_object(const std::string& where, std::string_view text) {
  json document;
  try {
    document = json::parse(text);
  } catch (const json::exception& error) {
    fail_input({.where = where, .found = error.what(), .expected = "JSON"});
  }
  if (!document.is_object()) fail_input({.where = where, .found = document.type_name(), .expected = "a JSON object"});
  return document;
}

// The text of a token: a string, or an object with its content.
std::optional<std::string> token_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_object()) return std::nullopt;
  const auto content = value.find("content");
  return content != value.end() && content->is_string() ? std::optional(content->get<std::string>()) : std::nullopt;
}

void add_tokens(TemplateTokens& tokens, const json& source) {
  for (const auto& [key, value] : source.items()) {
    if (!key.ends_with("_token")) continue;
    const auto text = token_text(value);
    if (!text) continue;
    std::optional<std::string>* slot = key == "bos_token"   ? &tokens.bos
                                       : key == "eos_token" ? &tokens.eos
                                       : key == "pad_token" ? &tokens.pad
                                       : key == "unk_token" ? &tokens.unk
                                                            : nullptr;
    if (slot != nullptr) {
      if (!*slot) *slot = text;
    } else if (std::none_of(tokens.others.begin(), tokens.others.end(),
                            [&](const auto& other) { return other.first == key; })) {
      tokens.others.emplace_back(key, *text);
    }
  }
}

}  // namespace

std::optional<std::string> chat_template_of_config(const std::string& where, std::string_view config_json) {
  const json config = parse_object(where, config_json);
  const auto found = config.find("chat_template");
  if (found == config.end() || found->is_null()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  const json* only = nullptr;
  if (found->is_array())
    for (const json& entry : *found) {
      if (!entry.is_object() || !entry.contains("name") || !entry.contains("template") ||
          !entry["template"].is_string())
        fail_input({.where = where, .key = "chat_template", .found = "an entry without name and template"});
      if (entry["name"] == "default") return entry["template"].get<std::string>();
      only = &entry["template"];
    }
  if (only != nullptr && found->size() == 1) return only->get<std::string>();
  fail_input({.where = where,
              .key = "chat_template",
              .found = found->is_array() ? "no template named default" : found->type_name(),
              .expected = "a string, or a list of {name, template} with one named default"});
}

TemplateTokens template_tokens_of_config(const std::string& where, std::string_view config_json,
                                         std::string_view special_tokens_map_json) {
  TemplateTokens tokens;
  if (!config_json.empty()) add_tokens(tokens, parse_object(where, config_json));
  if (!special_tokens_map_json.empty())
    add_tokens(tokens, parse_object(where + " (special_tokens_map.json)", special_tokens_map_json));
  return tokens;
}

TemplateTokens find_template_tokens(const fs::path& folder) {
  const fs::path config = folder / "tokenizer_config.json";
  return template_tokens_of_config(config.string(), read_file(config).value_or(""),
                                   read_file(folder / "special_tokens_map.json").value_or(""));
}

std::optional<TemplateSource> find_chat_template(const fs::path& folder) {
  const fs::path jinja = folder / "chat_template.jinja";
  if (auto text = read_file(jinja))
    return TemplateSource{jinja.string(), *std::move(text), find_template_tokens(folder)};
  for (const char* file : {"chat_template.json", "tokenizer_config.json"}) {
    const fs::path path = folder / file;
    const auto config = read_file(path);
    if (!config) continue;
    if (auto text = chat_template_of_config(path.string(), *config))
      return TemplateSource{path.string(), *std::move(text), find_template_tokens(folder)};
  }
  return std::nullopt;
}

ChatTemplate load_chat_template(const fs::path& folder, std::string_view model_name) {
  if (auto found = find_chat_template(folder))
    return ChatTemplate(std::move(found->name), found->text, std::move(found->tokens));
  return default_chat_template(model_name, find_template_tokens(folder));
}

}  // namespace c2c
