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

constexpr const char* kAdapterConfig = "adapter_config.json";
constexpr const char* kBaseModel = "base_model_name_or_path";

// As transformers tells it.
bool is_adapter(const fs::path& folder) {
  return fs::exists(folder / kAdapterConfig);
}

// The model that an adapter's folder says it adapts.
ModelLocation locate_base(const fs::path& adapter) {
  const std::string file = (adapter / kAdapterConfig).string();
  const auto config = parse_json_text(file, read_config_file(file));
  if (!config.is_object() || !config.contains(kBaseModel) || !config[kBaseModel].is_string() ||
      config[kBaseModel].get<std::string>().empty())
    fail_input({.where = file, .key = kBaseModel, .found = "nothing", .expected = "the model that it adapts"});
  const std::string base = config[kBaseModel].get<std::string>();
  check_file_name(base, "model that " + file + " adapts");
  const ModelLocation location = locate_model(base);
  if (is_adapter(location.path))
    fail_input({.where = file, .key = kBaseModel, .found = base + ", an adapter", .expected = "a model"});
  return location;
}

struct Located {
  ModelLocation model;
  fs::path adapter;
};

// Everything a model needs is looked for at once, so that one message names all that is missing.
Located locate_entry(const ModelEntry& entry, const std::string& what) {
  check_file_name(entry.model, what);
  Located located{locate_model(entry.model), {}};
  if (is_adapter(located.model.path)) {
    located.adapter = located.model.path;
    located.model = locate_base(located.adapter);
  }
  if (entry.tokenizer.empty()) require_model_files(located.model);
  return located;
}

// Where tokenizer and chat template are read from.
fs::path text_path(const ModelEntry& entry, const Located& located, const std::string& what) {
  if (!entry.tokenizer.empty()) return resolve_model_path(entry.tokenizer, what + " tokenizer");
  const bool has_own = !located.adapter.empty() && fs::exists(located.adapter / "tokenizer.json");
  return has_own ? located.adapter : located.model.path;
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
  const Located located = locate_entry(entry, what);
  side.path = located.model.path;
  side.commit = located.model.commit;
  side.adapter = located.adapter;
  const fs::path own = text_path(entry, located, what);
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
