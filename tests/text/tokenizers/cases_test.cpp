// cases.json.gz: small tokenizers, one for each feature, and what Hugging Face's tokenizers makes of hard texts with
// them (tools/make_tokenizer_cases.py wrote it).
#include <gtest/gtest.h>

#include "c2c/text/tokenizers/tokenizer.h"
#include "tests/testing/golden.h"

namespace c2c::testing {
namespace {

using Json = nlohmann::json;

const Json& all_cases() {
  static const Json cases = Json::parse(read_gz(fs::path(C2C_SOURCE_DIR) / "tests/text/tokenizers/cases.json.gz"));
  return cases;
}

std::vector<TextSpan> spans_of(const Json& json) {
  std::vector<TextSpan> spans;
  for (const auto& pair : json) spans.push_back({pair[0], pair[1]});
  return spans;
}

// Everything but the model, for messages.
std::string describe(const Json& test_case) {
  Json parts = Json::object();
  for (const auto& [key, value] : test_case.items())
    if (key != "rows" && key != "decodes") parts[key] = value;
  return parts.dump();
}

std::shared_ptr<const Tokenizer> tokenizer_of(const Json& test_case) {
  Json document = {{"version", "1.0"}, {"model", all_cases()["models"][test_case["model"].get<std::string>()]}};
  for (const char* key : {"normalizer", "pre_tokenizer", "post_processor", "decoder", "added_tokens"})
    if (test_case.contains(key)) document[key] = test_case[key];
  return tokenizer_from_json("case", document.dump());
}

void expect_rows(const Tokenizer& tokenizer, const Json& rows) {
  for (const Json& row : rows) {
    const auto text = row["text"].get<std::string>();
    SCOPED_TRACE("text " + row["text"].dump());
    const auto bare = tokenizer.encode(text, {.add_special_tokens = false, .offsets = true});
    ASSERT_EQ(bare.ids, row["ids"].get<std::vector<TokenId>>());
    ASSERT_EQ(bare.offsets, spans_of(row["offsets"]));
    const auto special = tokenizer.encode(text, {.offsets = true});
    ASSERT_EQ(special.ids, row["special"].get<std::vector<TokenId>>());
    ASSERT_EQ(special.offsets, spans_of(row["special_offsets"]));
    ASSERT_EQ(tokenizer.encode_ids(text), special.ids);
  }
}

void expect_decodes(const std::shared_ptr<const Tokenizer>& tokenizer, const Json& decodes) {
  for (const Json& row : decodes) {
    const auto ids = row["ids"].get<std::vector<TokenId>>();
    SCOPED_TRACE("ids " + row["ids"].dump());
    ASSERT_EQ(tokenizer->decode(ids, false), row["all"].get<std::string>());
    ASSERT_EQ(tokenizer->decode(ids, true), row["skipped"].get<std::string>());
    StreamDecoder stream(tokenizer);
    std::string text;
    for (const TokenId id : ids) text += stream.push(id);
    ASSERT_EQ(text + stream.flush(), row["skipped"].get<std::string>());
  }
}

class TokenizerCases : public ::testing::TestWithParam<std::string> {};

TEST_P(TokenizerCases, EqualHuggingFace) {
  int count = 0;
  for (const Json& test_case : all_cases()["cases"]) {
    if (test_case["kind"] != GetParam()) continue;
    ++count;
    SCOPED_TRACE(describe(test_case));
    const auto tokenizer = tokenizer_of(test_case);
    expect_rows(*tokenizer, test_case["rows"]);
    expect_decodes(tokenizer, test_case["decodes"]);
  }
  EXPECT_GT(count, 0);
}

INSTANTIATE_TEST_SUITE_P(Kinds, TokenizerCases,
                         ::testing::Values("normalizer_cases", "pre_tokenizer_cases", "model_cases",
                                           "added_token_cases", "output_cases"),
                         ParamName());

}  // namespace
}  // namespace c2c::testing
