// Tokenizers from GGUF metadata. What the file leaves out (normalizer, splitting regex, decoder) is what Hugging Face's
// tokenizer.json of the same model says, so that both give the same ids.
#include <algorithm>
#include <array>
#include <limits>

#include "c2c/base/utf8.h"
#include "c2c/io/formats/gguf.h"
#include "c2c/text/tokenizers/bpe_tokenizer.h"
#include "c2c/text/tokenizers/known_patterns.h"
#include "c2c/text/tokenizers/utf8_walk.h"

namespace c2c {
namespace {

using tok::Json;
using tok::KnownPattern;

constexpr std::string_view kMetaSpace = "\xE2\x96\x81";
enum TokenType : std::int64_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };

[[noreturn]] void fail(const std::string& name, const std::string& key, const std::string& found,
                       const std::string& expected) {
  fail_input({.where = name, .key = key, .found = found, .expected = expected});
}

std::string with_meta_spaces(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ')
      out += kMetaSpace;
    else
      out.push_back(c);
  }
  return out;
}

// Tokens, types and scores of a file, checked against each other.
struct GgufTokens {
  std::vector<std::string> texts;
  std::vector<std::int64_t> types;

  GgufTokens(const std::string& name, const GgufFile& file) {
    const auto* found = file.find_strings("tokenizer.ggml.tokens");
    if (found == nullptr || found->empty()) fail(name, "tokenizer.ggml.tokens", "nothing", "the vocabulary");
    for (const auto& text : *found) texts.push_back(sanitize_utf8(text));
    types.assign(texts.size(), kNormal);
    if (const auto* given = file.find_ints("tokenizer.ggml.token_type")) {
      if (given->size() != texts.size())
        fail(name, "tokenizer.ggml.token_type", std::to_string(given->size()) + " types", std::to_string(texts.size()));
      types = *given;
    }
  }
  // Control tokens are special; tokens of the user are found in the text, too, but stay visible.
  std::vector<tok::AddedToken> added() const {
    std::vector<tok::AddedToken> out;
    for (std::size_t id = 0; id < texts.size(); ++id) {
      const bool control = types[id] == kControl || types[id] == kUnknown;
      if (control || types[id] == kUserDefined)
        out.push_back({.content = texts[id], .id = static_cast<TokenId>(id), .normalized = false, .special = control});
    }
    return out;
  }
  tok::Vocabulary vocabulary() const {
    tok::Vocabulary out;
    std::size_t bytes = 0;
    for (const auto& text : texts) bytes += text.size();
    out.reserve(texts.size(), bytes);
    // A text that stands twice keeps its first id, as llama.cpp's and Hugging Face's converters intend.
    for (std::size_t id = texts.size(); id-- > 0;) out.add(texts[id], static_cast<TokenId>(id));
    return out;
  }
};

std::optional<std::string> role(const std::string& name, const GgufFile& file, const GgufTokens& tokens,
                                const std::string& role_name) {
  const std::string key = "tokenizer.ggml." + role_name + "_token_id";
  const auto id = file.find_int(key);
  if (!id) return std::nullopt;
  if (*id < 0 || static_cast<std::size_t>(*id) >= tokens.texts.size())
    fail(name, key, std::to_string(*id), "an id below " + std::to_string(tokens.texts.size()));
  return tokens.texts[static_cast<std::size_t>(*id)];
}

tok::SpecialNames read_names(const std::string& name, const GgufFile& file, const GgufTokens& tokens) {
  tok::SpecialNames names;
  names.bos = role(name, file, tokens, "bos");
  names.eos = role(name, file, tokens, "eos");
  names.unk = role(name, file, tokens, "unknown");
  names.pad = role(name, file, tokens, "padding");
  std::vector<std::optional<std::string>> all = {names.bos, names.eos, names.unk, names.pad};
  for (const char* other : {"eot", "eom"}) all.push_back(role(name, file, tokens, other));
  for (const auto& token : all)
    if (token) names.named.push_back({.content = *token, .normalized = false, .special = true});
  return names;
}

// <bos> before and <eos> after the text, as add_bos_token and add_eos_token say.
Json template_of(const GgufFile& file, const tok::SpecialNames& names, const tok::Vocabulary& vocabulary,
                 bool add_bos_default) {
  Json single = Json::array(), tokens = Json::object();
  const auto add = [&](const std::optional<std::string>& token) {
    if (!token) return;
    single.push_back({{"SpecialToken", {{"id", *token}, {"type_id", 0}}}});
    tokens[*token] = {{"id", *token}, {"ids", {vocabulary.find(*token)}}, {"tokens", {*token}}};
  };
  if (file.find_bool("tokenizer.ggml.add_bos_token").value_or(add_bos_default)) add(names.bos);
  single.push_back({{"Sequence", {{"id", "A"}, {"type_id", 0}}}});
  if (file.find_bool("tokenizer.ggml.add_eos_token").value_or(false)) add(names.eos);
  return {{"type", "TemplateProcessing"}, {"single", single}, {"special_tokens", tokens}};
}

// What `tokenizer.ggml.pre` stands for.
struct PreTokenizerKind {
  std::string_view name;
  KnownPattern pattern;
  bool digits = false, nfc = false, ignore_merges = false, add_bos = false;
};
constexpr std::array kKinds{
    PreTokenizerKind{.name = "smollm", .pattern = KnownPattern::kGpt2, .digits = true},
    PreTokenizerKind{.name = "qwen2", .pattern = KnownPattern::kQwen2, .nfc = true},
    PreTokenizerKind{.name = "llama-bpe", .pattern = KnownPattern::kLlama3, .ignore_merges = true, .add_bos = true},
    PreTokenizerKind{.name = "llama3", .pattern = KnownPattern::kLlama3, .ignore_merges = true, .add_bos = true},
    PreTokenizerKind{.name = "gpt-2", .pattern = KnownPattern::kGpt2},
};

const PreTokenizerKind& kind_of(const std::string& name, const GgufFile& file) {
  const std::string* pre = file.find_string("tokenizer.ggml.pre");
  const std::string wanted = pre == nullptr ? "nothing" : *pre;
  for (const auto& kind : kKinds)
    if (kind.name == wanted) return kind;
  fail(name, "tokenizer.ggml.pre", wanted, "smollm, qwen2, llama-bpe, llama3 or gpt-2");
}

Json byte_level(const PreTokenizerKind& kind) {
  const Json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
  Json steps = Json::array();
  if (kind.digits) steps.push_back({{"type", "Digits"}, {"individual_digits", true}});
  steps.push_back({{"type", "Split"}, {"pattern", {{"Regex", tok::regex_of(kind.pattern)}}}, {"behavior", "Isolated"}});
  steps.push_back(bytes);
  Json config = {{"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", steps}}}, {"decoder", bytes}};
  if (kind.nfc) config["normalizer"] = {{"type", "NFC"}};
  return config;
}

tok::TokenizerParts gpt2_parts(const std::string& name, const GgufFile& file) {
  const GgufTokens tokens(name, file);
  const PreTokenizerKind& kind = kind_of(name, file);
  tok::TokenizerParts parts;
  parts.name = name;
  parts.vocabulary = tokens.vocabulary();
  parts.added = tokens.added();
  parts.names = read_names(name, file, tokens);
  parts.bpe.ignore_merges = kind.ignore_merges;
  parts.config = byte_level(kind);
  parts.config["post_processor"] = template_of(file, parts.names, parts.vocabulary, kind.add_bos);
  const auto* merges = file.find_strings("tokenizer.ggml.merges");
  if (merges == nullptr) fail(name, "tokenizer.ggml.merges", "nothing", "the merges of a gpt2 vocabulary");
  for (const std::string& merge : *merges) {
    const std::string key = "tokenizer.ggml.merges[" + std::to_string(parts.merges.size()) + "]";
    const std::size_t space = merge.find(' ');
    if (space == merge.npos) fail(name, key, "'" + sanitize_utf8(merge) + "'", "two tokens with a space between them");
    const std::pair pair{parts.vocabulary.find(std::string_view(merge).substr(0, space)),
                         parts.vocabulary.find(std::string_view(merge).substr(space + 1))};
    if (pair.first < 0 || pair.second < 0)
      fail(name, key, "'" + sanitize_utf8(merge) + "'", "two tokens of the vocabulary");
    parts.merges.push_back(pair);
  }
  return parts;
}

// Scores of a SentencePiece BPE vocabulary as merges (transformers, convert_slow_tokenizer.generate_merges): every way
// to cut a token in two tokens; higher scores first, then the longer left part, then the longer right part.
std::vector<std::pair<TokenId, TokenId>> merges_of_scores(const GgufTokens& tokens, const tok::Vocabulary& vocabulary,
                                                          const std::vector<double>& scores) {
  struct Candidate {
    double score;
    std::uint32_t left_size, right_size;
    std::pair<TokenId, TokenId> pair;
  };
  std::vector<Candidate> candidates;
  for (std::size_t id = 0; id < tokens.texts.size(); ++id) {
    const std::string_view text = tokens.texts[id];
    if (text.size() > 1024 || vocabulary.find(text) != static_cast<TokenId>(id)) continue;
    // Converters give the user's tokens a dummy score; in the model they come first.
    const double score = tokens.types[id] == kUserDefined ? 0.0 : scores[id];
    const std::size_t first = candidates.size(), chars = tok::count_chars(text);
    std::uint32_t left_size = 0;
    for (std::size_t cut = 0; cut + tok::char_size(text[cut]) < text.size();) {
      cut += tok::char_size(text[cut]);
      ++left_size;
      const std::pair pair{vocabulary.find(text.substr(0, cut)), vocabulary.find(text.substr(cut))};
      if (pair.first >= 0 && pair.second >= 0)
        candidates.push_back({score, left_size, static_cast<std::uint32_t>(chars) - left_size, pair});
    }
    std::sort(candidates.begin() + static_cast<std::ptrdiff_t>(first), candidates.end(),
              [](const Candidate& a, const Candidate& b) { return a.pair < b.pair; });
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if (a.score != b.score) return a.score > b.score;
    if (a.left_size != b.left_size) return a.left_size > b.left_size;
    return a.right_size > b.right_size;
  });
  std::vector<std::pair<TokenId, TokenId>> merges;
  for (const auto& candidate : candidates) merges.push_back(candidate.pair);
  return merges;
}

Json metaspace_config(bool prefix_space) {
  const Json space_to_meta = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kMetaSpace}};
  const Json meta_to_space = {{"type", "Replace"}, {"pattern", {{"String", kMetaSpace}}}, {"content", " "}};
  Json normalizers = Json::array(), decoders = {meta_to_space, {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
  if (prefix_space) {
    normalizers.push_back({{"type", "Prepend"}, {"prepend", kMetaSpace}});
    decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  normalizers.push_back(space_to_meta);
  return {{"normalizer", {{"type", "Sequence"}, {"normalizers", normalizers}}},
          {"decoder", {{"type", "Sequence"}, {"decoders", decoders}}}};
}

tok::TokenizerParts llama_parts(const std::string& name, const GgufFile& file) {
  GgufTokens tokens(name, file);
  for (std::size_t id = 0; id < tokens.texts.size(); ++id)
    if (tokens.types[id] == kUserDefined) tokens.texts[id] = with_meta_spaces(tokens.texts[id]);
  tok::TokenizerParts parts;
  parts.name = name;
  parts.vocabulary = tokens.vocabulary();
  parts.added = tokens.added();
  parts.names = read_names(name, file, tokens);
  parts.bpe = {.unk_token = parts.names.unk.value_or(""), .fuse_unk = true, .byte_fallback = true};
  const auto* scores = file.find_floats("tokenizer.ggml.scores");
  if (scores == nullptr || scores->size() != tokens.texts.size())
    fail(name, "tokenizer.ggml.scores", scores == nullptr ? "nothing" : std::to_string(scores->size()) + " scores",
         std::to_string(tokens.texts.size()));
  for (const double score : *scores)
    if (score != score) fail(name, "tokenizer.ggml.scores", "not a number", "numbers");
  parts.merges = merges_of_scores(tokens, parts.vocabulary, *scores);
  parts.config = metaspace_config(file.find_bool("tokenizer.ggml.add_space_prefix").value_or(true));
  parts.config["post_processor"] = template_of(file, parts.names, parts.vocabulary, true);
  return parts;
}

}  // namespace

std::shared_ptr<const Tokenizer> tokenizer_from_gguf(const std::string& name, const GgufFile& file) {
  const std::string* model = file.find_string("tokenizer.ggml.model");
  const std::string kind = model == nullptr ? "nothing" : *model;
  if (kind == "gpt2") return std::make_shared<tok::BpeTokenizer>(gpt2_parts(name, file));
  if (kind == "llama") return std::make_shared<tok::BpeTokenizer>(llama_parts(name, file));
  fail(name, "tokenizer.ggml.model", sanitize_utf8(kind), "gpt2 or llama");
}

}  // namespace c2c
