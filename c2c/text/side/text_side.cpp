#include "c2c/text/side/text_side.h"

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/io/config/parse_text.h"
#include "c2c/io/hub/hub_cache.h"
#include "c2c/text/chat/template_files.h"
#include "c2c/text/tokenizers/gguf_text.h"

namespace c2c {
namespace {

// Roles that no tokenizer_config.json named, from the vocabulary's own (GGUF).
void fill_tokens(TemplateTokens& tokens, const Tokenizer& tokenizer) {
  const auto fill = [&](std::optional<std::string>& token, const std::optional<TokenId>& id) {
    if (!token && id) token = tokenizer.id_to_token(*id);
  };
  const SpecialTokens& special = tokenizer.special_tokens();
  fill(tokens.bos, special.bos);
  fill(tokens.eos, special.eos);
  fill(tokens.pad, special.pad);
  fill(tokens.unk, special.unk);
}

namespace fs = std::filesystem;

// A name that can only be a file is not looked for on the hub; org/name/file.gguf is one file of a repository there.
void check_file_name(const std::string& text, const std::string& what) {
  const bool in_repository =
      std::count(text.begin(), text.end(), '/') >= 2 && !text.starts_with('/') && !text.starts_with('.');
  for (const char* extension : {".gguf", ".safetensors", ".pt", ".json"})
    if (text.ends_with(extension) && !in_repository && !fs::exists(text))
      fail_input({.where = text, .found = "no such file", .expected = "the " + what});
}

// Everything a model needs is looked for at once, so that one message names all that is missing.
ModelLocation locate_entry(const ModelEntry& entry, const std::string& what) {
  check_file_name(entry.model, what);
  const ModelLocation location = locate_model(entry.model);
  if (entry.tokenizer.empty()) require_model_files(location);
  return location;
}

}  // namespace

void visit_model_entry(ModelEntry& entry, const FieldVisitor& visit, const std::string& flag, const std::string& who) {
  visit({.key = "model",
         .flags = flag,
         .help = who + ": folder, GGUF file, or org/name[@revision] in the Hugging Face cache",
         .target = &entry.model,
         .is_path = true});
  visit({.key = "tokenizer",
         .flags = "",
         .help = "folder or tokenizer.json, where the model's own is not wanted",
         .target = &entry.tokenizer,
         .is_path = true});
  visit({.key = "chat_template",
         .flags = "",
         .help = "Jinja file, where the model's own is not wanted or it has none",
         .target = &entry.chat_template,
         .is_path = true});
}

void ModelEntry::visit_fields(const FieldVisitor& visit) {
  visit_model_entry(*this, visit, "-m,--receiver", "the model that answers");
}

fs::path resolve_model_path(const std::string& text, const std::string& what) {
  check_file_name(text, what);
  return resolve_model(text);
}

fs::path resolve_fuser_path(const std::string& text, const std::string& subfolder) {
  check_file_name(text, "fuser");
  if (subfolder.empty()) return resolve_model(text);
  if (fs::exists(text)) return resolve_model((fs::path(text) / subfolder).string());
  HubName name = HubName::parse(text);
  name.subfolder += (name.subfolder.empty() ? "" : "/") + subfolder;
  return resolve_model(name.text());
}

TextSide load_text_side(const ModelEntry& entry, const std::string& what) {
  TextSide side;
  side.name = entry.model;
  const ModelLocation location = locate_entry(entry, what);
  side.path = location.path;
  side.commit = location.commit;
  const fs::path own = entry.tokenizer.empty() ? side.path : resolve_model_path(entry.tokenizer, what + " tokenizer");
  std::optional<TemplateSource> source;
  if (own.extension() == ".gguf") {
    GgufText text = load_gguf_text(own);
    side.tokenizer = std::move(text.tokenizer);
    if (text.chat_template)
      source = TemplateSource{own.string() + ": tokenizer.chat_template", *text.chat_template, {}};
  } else {
    const fs::path folder = fs::is_directory(own) ? own : own.parent_path();
    side.tokenizer = load_tokenizer(own);
    source = find_chat_template(folder);
  }
  TemplateTokens tokens = source ? source->tokens : TemplateTokens{};
  fill_tokens(tokens, *side.tokenizer);
  if (!entry.chat_template.empty())
    side.chat = std::make_shared<ChatTemplate>(entry.chat_template, read_config_file(entry.chat_template), tokens);
  else if (source)
    side.chat = std::make_shared<ChatTemplate>(source->name, source->text, tokens);
  else
    side.chat = std::make_shared<ChatTemplate>(default_chat_template(entry.model, tokens));
  return side;
}

}  // namespace c2c
