// tokenizer.json, tokenizer_config.json and special_tokens_map.json to a Tokenizer.
#include <system_error>

#include "c2c/base/log.h"
#include "c2c/io/formats/json.h"
#include "c2c/io/formats/source.h"
#include "c2c/text/tokenizers/bpe_tokenizer.h"
#include "c2c/text/tokenizers/tokenizer_file.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;
using tok::ConfigPart;
using tok::Json;

std::vector<tok::AddedToken> read_added_tokens(const ConfigPart& root) {
  std::vector<tok::AddedToken> tokens;
  if (root.find("added_tokens") == nullptr) return tokens;
  for (const ConfigPart& part : root.list("added_tokens")) {
    tok::AddedToken token;
    token.content = part.text("content");
    token.id = static_cast<TokenId>(part.number("id"));
    token.single_word = part.flag("single_word", false);
    token.lstrip = part.flag("lstrip", false);
    token.rstrip = part.flag("rstrip", false);
    token.special = part.flag("special", false);
    token.normalized = part.flag("normalized", !token.special);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

tok::BpeConfig read_bpe_config(const ConfigPart& model) {
  if (const Json* dropout = model.find("dropout"); dropout != nullptr && *dropout != 0.0)
    log_warning(model.where + ": model.dropout is for training tokenizers and not applied");
  return {.unk_token = model.text_or("unk_token", ""),
          .prefix = model.text_or("continuing_subword_prefix", ""),
          .suffix = model.text_or("end_of_word_suffix", ""),
          .fuse_unk = model.flag("fuse_unk", false),
          .byte_fallback = model.flag("byte_fallback", false),
          .ignore_merges = model.flag("ignore_merges", false)};
}

std::shared_ptr<const Tokenizer> build(const std::string& name, std::string_view tokenizer_json, const Json& config) {
  auto file = tok::read_tokenizer_json(name, tokenizer_json);
  const ConfigPart root{file.rest, name, ""};
  tok::TokenizerParts parts;
  parts.name = name;
  parts.added = read_added_tokens(root);
  parts.bpe = read_bpe_config(root.child("model"));
  parts.names = tok::read_special_names(name, config);
  parts.vocabulary = std::move(file.vocabulary);
  parts.merges = std::move(file.merges);
  parts.config = std::move(file.rest);
  return std::make_shared<tok::BpeTokenizer>(std::move(parts));
}

Json read_config(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return nullptr;
  return parse_json(read_text_file(path), path.string());
}

}  // namespace

std::shared_ptr<const Tokenizer> tokenizer_from_json(const std::string& name, std::string_view tokenizer_json,
                                                     std::string_view tokenizer_config_json) {
  const Json config =
      tokenizer_config_json.empty() ? Json() : parse_json(tokenizer_config_json, name + " (tokenizer_config.json)");
  return build(name, tokenizer_json, config);
}

std::shared_ptr<const Tokenizer> load_tokenizer(const fs::path& folder_or_json) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(folder_or_json, ignored);
  const fs::path file = is_folder ? folder_or_json / "tokenizer.json" : folder_or_json;
  if (!fs::exists(file, ignored))
    fail_input({.where = file.string(),
                .found = "no such file",
                .hint = "a model folder holds tokenizer.json; SentencePiece files (tokenizer.model) are not read"});
  const fs::path folder = file.parent_path();
  Json config = read_config(folder / "tokenizer_config.json");
  // The older file names the same roles; the newer one counts where both speak.
  if (const Json map = read_config(folder / "special_tokens_map.json"); map.is_object()) {
    if (config.is_null()) config = Json::object();
    for (const auto& [key, value] : map.items())
      if (!config.contains(key) || config[key].is_null()) config[key] = value;
  }
  const auto source = map_file(file);
  const Bytes bytes = source->bytes();
  return build(file.string(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, config);
}

}  // namespace c2c
