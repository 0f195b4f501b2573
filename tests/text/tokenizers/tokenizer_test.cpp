// What a Tokenizer promises beyond equal ids: errors that name the place, roles of tokens, threads, streams.
#include "c2c/text/tokenizers/tokenizer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "c2c/base/error.h"
#include "c2c/base/log.h"
#include "tests/text/tokenizers/golden_tokenizers.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::json;

// A few bytes of vocabulary and one merge.
Json small() {
  return {
      {"version", "1.0"},
      {"added_tokens", Json::array({{{"id", 4}, {"content", "<s>"}, {"special", true}},
                                    {{"id", 5}, {"content", "<t>"}, {"special", false}}})},
      {"decoder", {{"type", "Fuse"}}},
      {"model",
       {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}, {"\u00e9", 3}, {"<s>", 4}}}, {"merges", {"a b"}}}}};
}

std::shared_ptr<const Tokenizer> make(const Json& json, const Json& config = nullptr) {
  return tokenizer_from_json("file.json", json.dump(), config.is_null() ? "" : config.dump());
}

// The message of the error that loading (or using) throws.
template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInput);
    return error.what();
  }
  return "no error";
}
std::string load_error(const Json& json, const Json& config = nullptr) {
  return error_of([&] { make(json, config); });
}

#define EXPECT_MENTIONS(message, ...)                                                 \
  for (const std::string& part : std::vector<std::string>{__VA_ARGS__}) {             \
    const std::string text = message;                                                 \
    EXPECT_NE(text.find(part), std::string::npos) << "'" << part << "' in: " << text; \
  }

TEST(Tokenizer, LooksTokensUp) {
  const auto tokenizer = make(small());
  EXPECT_EQ(tokenizer->vocab_size(), 6);
  EXPECT_EQ(tokenizer->token_to_id("ab"), 2);
  EXPECT_EQ(tokenizer->token_to_id("<t>"), 5);
  EXPECT_EQ(tokenizer->token_to_id("x"), std::nullopt);
  EXPECT_EQ(tokenizer->id_to_token(5), "<t>");
  EXPECT_EQ(tokenizer->id_to_token(6), "");
  EXPECT_EQ(tokenizer->id_to_token(-1), "");
  EXPECT_EQ(tokenizer->encode_ids("ab<s>b"), (std::vector<TokenId>{2, 4, 1}));
  EXPECT_TRUE(tokenizer->is_special(4));
  EXPECT_FALSE(tokenizer->is_special(5));
  EXPECT_EQ(tokenizer->decode({2, 4, 5}, true), "ab<t>");
}

TEST(Tokenizer, HolesHaveNoTextAndCannotBeDecoded) {
  Json json = small();
  json["model"]["vocab"]["far"] = 9;
  const auto tokenizer = make(json);
  EXPECT_EQ(tokenizer->vocab_size(), 10);
  EXPECT_EQ(tokenizer->id_to_token(7), "");
  EXPECT_MENTIONS(error_of([&] { tokenizer->decode({0, 7}); }), "file.json", "token id", "7");
  EXPECT_MENTIONS(error_of([&] { tokenizer->decode({10}); }), "10", "9");
  EXPECT_MENTIONS(error_of([&] { tokenizer->decode({-1}); }), "-1");
}

TEST(Tokenizer, InvalidUtf8IsNamedByItsByte) {
  const auto tokenizer = make(small());
  EXPECT_MENTIONS(error_of([&] { tokenizer->encode_ids("ab\u00e9 ab\xC3 x"); }), "not UTF-8", "byte 7");
  EXPECT_MENTIONS(error_of([&] { tokenizer->encode_ids("0123456789abcdef\xED\xA0\x80"); }), "byte 16");
  EXPECT_MENTIONS(error_of([&] { tokenizer->encode_ids("\xF0\x9F\x98"); }), "byte 0");
}

TEST(Tokenizer, RolesComeFromTheConfigAsTextOrObject) {
  const Json config = {
      {"bos_token", "<s>"},
      {"eos_token", {{"content", "<t>"}, {"lstrip", false}}},
      {"pad_token", nullptr},
      {"unk_token", "a"},
      {"additional_special_tokens", {"b", {{"content", "<t>"}}}},
      {"extra_special_tokens", {{"image_token", "<image>"}}},
      {"added_tokens_decoder", {{"7", {{"content", "<late>"}, {"special", true}}}, {"6", {{"content", "<early>"}}}}}};
  const auto tokenizer = make(small(), config);
  const SpecialTokens& special = tokenizer->special_tokens();
  EXPECT_EQ(special.bos, 4);
  EXPECT_EQ(special.eos, 5);
  EXPECT_EQ(special.pad, std::nullopt);
  EXPECT_EQ(special.unk, 0);
  // New tokens get the next ids, those of added_tokens_decoder first.
  EXPECT_EQ(tokenizer->token_to_id("<early>"), 6);
  EXPECT_EQ(tokenizer->token_to_id("<late>"), 7);
  EXPECT_EQ(tokenizer->token_to_id("<image>"), 8);
  EXPECT_EQ(special.named, (std::vector<TokenId>{0, 1, 4, 5, 8}));
  EXPECT_EQ(special.all, (std::vector<TokenId>{0, 1, 4, 5, 7, 8}));
  EXPECT_EQ(tokenizer->encode_ids("ab<late>"), (std::vector<TokenId>{0, 1, 7}));
}

class TokenizerFolder : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  fs::path folder_ = fs::temp_directory_path() / ("c2c_tokenizer_" + std::to_string(getpid()));
};

TEST_F(TokenizerFolder, ConfigCountsBeforeSpecialTokensMap) {
  write("tokenizer.json", small().dump());
  write("special_tokens_map.json", R"({"bos_token": "<t>", "eos_token": {"content": "<t>"}})");
  EXPECT_EQ(load_tokenizer(folder_)->special_tokens().bos, 5);
  write("tokenizer_config.json", R"({"bos_token": "<s>", "eos_token": null})");
  const auto tokenizer = load_tokenizer(folder_ / "tokenizer.json");
  EXPECT_EQ(tokenizer->special_tokens().bos, 4);
  EXPECT_EQ(tokenizer->special_tokens().eos, 5);
}

TEST_F(TokenizerFolder, MissingFileIsNamed) {
  EXPECT_MENTIONS(error_of([&] { load_tokenizer(folder_); }), (folder_ / "tokenizer.json").string(), "no such file");
  EXPECT_MENTIONS(error_of([&] { load_tokenizer(folder_ / "other.json"); }), "other.json");
  write("tokenizer.json", small().dump());
  write("tokenizer_config.json", "[1");
  EXPECT_MENTIONS(error_of([&] { load_tokenizer(folder_); }), "tokenizer_config.json");
}

TEST(TokenizerErrors, NameThePlace) {
  EXPECT_MENTIONS(error_of([] { tokenizer_from_json("file.json", ""); }), "file.json", "broken JSON");
  EXPECT_MENTIONS(error_of([] { tokenizer_from_json("file.json", "{\"model\": {\"vocab\": {\"a\": 1"); }), "file.json",
                  "byte");
  EXPECT_MENTIONS(error_of([] { tokenizer_from_json("file.json", "[]"); }), "file.json", "object");
  EXPECT_MENTIONS(error_of([] { tokenizer_from_json("file.json", "{}"); }), "model");
  EXPECT_MENTIONS(error_of([] { tokenizer_from_json("file.json", std::string(100000, '[')); }), "deeper than 64");
  Json json = small();
  json["model"]["type"] = "Unigram";
  EXPECT_MENTIONS(load_error(json), "file.json", "model.type", "Unigram", "BPE");
  json = small();
  json["model"]["vocab"] = Json::object();
  EXPECT_MENTIONS(load_error(json), "model.vocab");
  json = small();
  json["model"]["vocab"]["x"] = "seven";
  EXPECT_MENTIONS(load_error(json), "model.vocab", "seven");
  for (const Json& id : {Json(-1), Json(1.5), Json(4000000000u), Json(100000000)}) {
    json["model"]["vocab"]["x"] = id;
    EXPECT_MENTIONS(load_error(json), "model.vocab");
  }
}

TEST(TokenizerErrors, NameTheBrokenPart) {
  const auto with = [](const char* pointer, const Json& value) {
    Json json = small();
    json[Json::json_pointer(pointer)] = value;
    return load_error(json);
  };
  EXPECT_MENTIONS(with("/model/merges", Json::array({"a b c"})), "model.merges", "a b c");
  EXPECT_MENTIONS(with("/model/merges", Json::array({{"a"}})), "model.merges", "pair");
  EXPECT_MENTIONS(with("/model/merges", Json::array({{"a", "zz"}})), "model.merges[0]", "zz");
  EXPECT_MENTIONS(with("/model/merges", Json::array({{"b", "a"}})), "model.merges[0]", "not in the vocabulary");
  EXPECT_MENTIONS(with("/model/merges", 7), "model.merges", "7", "a list");
  EXPECT_MENTIONS(with("/model/merges", nullptr), "model.merges", "nothing");
  EXPECT_MENTIONS(with("/normalizer", {{"type", "Magic"}}), "normalizer.type", "Magic", "NFC");
  EXPECT_MENTIONS(with("/normalizer", {{"type", "Sequence"}, {"normalizers", {{{"type", "Prepend"}}}}}),
                  "normalizer.normalizers[0].prepend");
  EXPECT_MENTIONS(with("/pre_tokenizer", {{"type", "Split"}, {"pattern", {{"Regex", "(a"}}}, {"behavior", "Isolated"}}),
                  "pre_tokenizer", "(a");
  EXPECT_MENTIONS(with("/pre_tokenizer", {{"type", "Split"}, {"pattern", {{"String", "a"}}}, {"behavior", "Shred"}}),
                  "behavior", "Shred");
  EXPECT_MENTIONS(with("/pre_tokenizer", {{"type", "UnicodeScripts"}}), "pre_tokenizer.type", "UnicodeScripts");
  EXPECT_MENTIONS(with("/decoder", {{"type", "WordPiece"}}), "decoder.type", "WordPiece");
  EXPECT_MENTIONS(with("/post_processor", {{"type", "TemplateProcessing"},
                                           {"single", {{{"SpecialToken", {{"id", "<x>"}}}}}},
                                           {"special_tokens", Json::object()}}),
                  "post_processor.single[0]", "<x>");
  EXPECT_MENTIONS(with("/post_processor", {{"type", "BertProcessing"}, {"sep", {"a", 0}}, {"cls", {"z", 77}}}),
                  "token id", "77");
  EXPECT_MENTIONS(with("/added_tokens", {{{"id", 4}}}), "added_tokens[0].content");
  EXPECT_MENTIONS(with("/added_tokens", {{{"id", 4}, {"content", std::string(5000, 'x')}}}), "added_tokens", "5000");
  EXPECT_MENTIONS(load_error(small(), {{"added_tokens_decoder", {{"x", {{"content", "y"}}}}}}),
                  "added_tokens_decoder.x");
}

TEST(TokenizerErrors, ARegexThatExplodesEndsInAnError) {
  Json json = small();
  json["pre_tokenizer"] = {{"type", "Split"}, {"pattern", {{"Regex", "(a|a|aa)+$x?c"}}}, {"behavior", "Isolated"}};
  const auto tokenizer = make(json);
  EXPECT_EQ(tokenizer->encode_ids("aab").size(), 2u);
  EXPECT_MENTIONS(error_of([&] { tokenizer->encode_ids(std::string(60, 'a') + "b"); }), "regex", "limit");
}

TEST(TokenizerErrors, ANormalizerThatExplodesEndsInAnError) {
  Json json = small();
  const Json grow = {{"type", "Replace"}, {"pattern", {{"Regex", "."}}}, {"content", std::string(1000, 'a')}};
  json["normalizer"] = {{"type", "Sequence"}, {"normalizers", {grow, grow, grow, grow}}};
  EXPECT_MENTIONS(error_of([&] { make(json)->encode_ids("abab"); }), "normalizer");
}

TEST(TokenizerGgufErrors, NameTheKey) {
  const auto build = [](const auto& fill) {
    GgufBuilder gguf;
    fill(gguf);
    return error_of([&] { tokenizer_from_gguf("x.gguf", gguf.file("x.gguf")); });
  };
  EXPECT_MENTIONS(build([](GgufBuilder&) {}), "x.gguf", "tokenizer.ggml.model", "gpt2 or llama");
  EXPECT_MENTIONS(build([](GgufBuilder& g) { g.text("tokenizer.ggml.model", "bert"); }), "bert");
  EXPECT_MENTIONS(build([](GgufBuilder& g) { g.text("tokenizer.ggml.model", "gpt2"); }), "tokenizer.ggml.tokens");
  const auto gpt2 = [](GgufBuilder& g, const std::string& pre) {
    g.text("tokenizer.ggml.model", "gpt2");
    g.text("tokenizer.ggml.pre", pre);
    g.texts("tokenizer.ggml.tokens", {"a", "b", "ab"});
  };
  EXPECT_MENTIONS(build([&](GgufBuilder& g) { gpt2(g, "poro"); }), "tokenizer.ggml.pre", "poro", "smollm");
  EXPECT_MENTIONS(build([&](GgufBuilder& g) { gpt2(g, "qwen2"); }), "tokenizer.ggml.merges");
  EXPECT_MENTIONS(build([&](GgufBuilder& g) { gpt2(g, "qwen2"), g.texts("tokenizer.ggml.merges", {"ab"}); }),
                  "merges[0]");
  EXPECT_MENTIONS(build([&](GgufBuilder& g) { gpt2(g, "qwen2"), g.texts("tokenizer.ggml.merges", {"a c"}); }),
                  "merges[0]");
  EXPECT_MENTIONS(build([&](GgufBuilder& g) { gpt2(g, "qwen2"), g.number("tokenizer.ggml.eos_token_id", 9); }),
                  "eos_token_id", "9");
  EXPECT_MENTIONS(build([&](GgufBuilder& g) { gpt2(g, "qwen2"), g.ints("tokenizer.ggml.token_type", {1}); }),
                  "token_type");
  EXPECT_MENTIONS(
      build([](GgufBuilder& g) { g.text("tokenizer.ggml.model", "llama"), g.texts("tokenizer.ggml.tokens", {"a"}); }),
      "scores");
}

TEST(TokenizerStream, GivesWholeCharactersAsSoonAsTheyAreCertain) {
  const auto tokenizer = golden_tokenizer("smollm2");
  ASSERT_NE(tokenizer, nullptr);
  const std::string text = "caf\u00e9 \U0001F600\U0001F680 \u4e2d\u6587 end";
  const auto ids = tokenizer->encode_ids(text, false);
  StreamDecoder stream(tokenizer);
  std::string out;
  std::size_t silent = 0;
  for (const TokenId id : ids) {
    const std::string part = stream.push(id);
    EXPECT_TRUE(is_valid_utf8(part));
    EXPECT_EQ(part.find("\uFFFD"), std::string::npos);
    silent += part.empty();
    out += part;
  }
  EXPECT_EQ(out, text);  // nothing waits for the end
  EXPECT_GT(silent, 0u);
  EXPECT_EQ(stream.flush(), "");
}

TEST(TokenizerStream, RandomIdsDecodeAlikeInPartsAndWhole) {
  for (const auto& name : golden_names("tokenizer")) {
    const auto tokenizer = golden_tokenizer(name);
    if (tokenizer == nullptr) continue;
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
      std::vector<TokenId> ids;
      while (ids.size() < 30) {
        // Low ids are bytes and short tokens: many broken characters.
        const auto limit = round % 2 == 0 ? std::min(tokenizer->vocab_size(), 500) : tokenizer->vocab_size();
        const auto id = static_cast<TokenId>(random() % static_cast<unsigned>(limit));
        if (!tokenizer->id_to_token(id).empty()) ids.push_back(id);
      }
      StreamDecoder stream(tokenizer, round % 3 == 0);
      std::string out;
      for (const TokenId id : ids) {
        const std::string part = stream.push(id);
        ASSERT_TRUE(is_valid_utf8(part)) << name;
        out += part;
      }
      ASSERT_EQ(out + stream.flush(), tokenizer->decode(ids, round % 3 == 0)) << name;
    }
  }
}

TEST(TokenizerThreads, EncodeAlikeAtOnce) {
  const auto tokenizer = golden_tokenizer("smollm2");
  ASSERT_NE(tokenizer, nullptr);
  std::vector<std::string> texts;
  std::mt19937 random(4);
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (int word = 0; word < 50; ++word)
      text += " word" + std::to_string(random() % 3000) + (word % 7 == 0 ? "\u4e2d\u6587" : "");
    texts.push_back(text);
  }
  std::vector<Encoding> expected;
  for (const auto& text : texts) expected.push_back(tokenizer->encode(text, {.offsets = true}));
  std::vector<std::thread> threads;
  std::vector<int> wrong(8, 0);
  for (std::size_t t = 0; t < wrong.size(); ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::size_t at = (i * 7 + t * 31) % texts.size();
        const auto encoding = tokenizer->encode(texts[at], {.offsets = true});
        wrong[t] += encoding.ids != expected[at].ids || encoding.offsets != expected[at].offsets ||
                    tokenizer->decode(encoding.ids) != texts[at];
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(8, 0));
}

}  // namespace
}  // namespace c2c::testing
