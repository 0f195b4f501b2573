#include "c2c/base/error.h"
#include "c2c/cli/inspect.h"
#include "c2c/infer/pipelines/loaded_model.h"
#include "c2c/infer/pipelines/single_plan.h"

namespace c2c::cli {
namespace {

using Json = nlohmann::ordered_json;

Json token_json(const Tokenizer& tokenizer, const std::optional<TokenId>& id) {
  if (!id) return nullptr;
  return {{"id", *id}, {"token", tokenizer.id_to_token(*id)}};
}

}  // namespace

Json inspect_tokenizer(const std::filesystem::path& path, const std::string& text) {
  const TextSide side = load_text_side({.model = path.string()}, "tokenizer");
  const Tokenizer& tokenizer = *side.tokenizer;
  const SpecialTokens& special = tokenizer.special_tokens();
  Json json;
  json["path"] = side.path.string();
  json["vocab_size"] = tokenizer.vocab_size();
  json["bos"] = token_json(tokenizer, special.bos);
  json["eos"] = token_json(tokenizer, special.eos);
  json["pad"] = token_json(tokenizer, special.pad);
  json["unk"] = token_json(tokenizer, special.unk);
  json["special_tokens"] = special.all.size();
  std::int64_t holes = 0;
  for (TokenId id = 0; id < tokenizer.vocab_size(); ++id) holes += tokenizer.id_to_token(id).empty() ? 1 : 0;
  json["holes"] = holes;
  json["chat_template"] = {{"default", side.chat->is_default()}, {"characters", side.chat->source().size()}};
  json["example"] = side.chat->render({{"user", "Hello"}}, {});
  if (text.empty()) return json;
  check_text("--text", text);
  const Encoding encoding = tokenizer.encode(text, {.add_special_tokens = true, .offsets = true});
  json["text"] = text;
  json["tokens"] = Json::array();
  for (std::size_t i = 0; i < encoding.ids.size(); ++i)
    json["tokens"].push_back({{"id", encoding.ids[i]},
                              {"token", tokenizer.id_to_token(encoding.ids[i])},
                              {"span", {encoding.offsets[i].begin, encoding.offsets[i].end}}});
  json["decoded"] = tokenizer.decode(encoding.ids, true);
  json["round_trip"] = json["decoded"] == text;
  return json;
}

}  // namespace c2c::cli
