// Where a model folder keeps its chat template and the texts of its special tokens.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "c2c/text/chat/chat_template.h"

namespace c2c {

struct TemplateSource {
  std::string name;  // the file, for messages
  std::string text;
  TemplateTokens tokens;
};

// Looks in chat_template.jinja, chat_template.json and tokenizer_config.json, in this order. Nothing: there is none.
std::optional<TemplateSource> find_chat_template(const std::filesystem::path& folder);
// find_chat_template, or else the default template (with its warning); `model_name` chooses which.
ChatTemplate load_chat_template(const std::filesystem::path& folder, std::string_view model_name);

// `chat_template` of a tokenizer_config.json (or chat_template.json): a string, or a list of {name, template}, of which
// the one named "default" is taken. `where` is used in messages.
std::optional<std::string> chat_template_of_config(const std::string& where, std::string_view config_json);
// bos_token and so on of a tokenizer_config.json; what it lacks is taken from a special_tokens_map.json (may be empty).
TemplateTokens template_tokens_of_config(const std::string& where, std::string_view config_json,
                                         std::string_view special_tokens_map_json = {});
TemplateTokens find_template_tokens(const std::filesystem::path& folder);

}  // namespace c2c
