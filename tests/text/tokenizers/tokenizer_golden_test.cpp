// Every row of golden/tokenizer: ids, offsets, special tokens, decodes, streamed decodes; from tokenizer.json and,
// where there is one, from a GGUF vocabulary.
#include <gtest/gtest.h>

#include "c2c/text/tokenizers/tokenizer.h"
#include "tests/testing/golden.h"
#include "tests/text/tokenizers/golden_tokenizers.h"

namespace c2c::testing {
namespace {

using Rows = nlohmann::ordered_json;

std::string streamed(const std::shared_ptr<const Tokenizer>& tokenizer, const std::vector<TokenId>& ids, bool skip) {
  StreamDecoder decoder(tokenizer, skip);
  std::string text;
  for (const TokenId id : ids) {
    const std::string part = decoder.push(id);
    EXPECT_TRUE(is_valid_utf8(part));
    text += part;
  }
  return text + decoder.flush();
}

std::vector<TextSpan> spans_of(const Rows& json) {
  std::vector<TextSpan> spans;
  for (const auto& pair : json) spans.push_back({pair[0], pair[1]});
  return spans;
}

void expect_row(const std::shared_ptr<const Tokenizer>& tokenizer, const Rows& row) {
  const auto text = row.at("text").get<std::string>();
  const auto ids = row.at("ids").get<std::vector<TokenId>>();
  const auto encoding = tokenizer->encode(text, {.add_special_tokens = false, .offsets = true});
  EXPECT_EQ(encoding.ids, ids);
  EXPECT_EQ(encoding.offsets, spans_of(row.at("offsets")));
  const auto with_special = tokenizer->encode(text, {.offsets = true});
  EXPECT_EQ(with_special.ids, row.at("ids_with_special").get<std::vector<TokenId>>());
  EXPECT_EQ(with_special.offsets.size(), with_special.ids.size());
  EXPECT_EQ(tokenizer->encode_ids(text, false), ids);
  for (const bool skip : {false, true}) {
    const auto decoded = row.at(skip ? "decoded_skip_special" : "decoded").get<std::string>();
    EXPECT_EQ(tokenizer->decode(ids, skip), decoded);
    EXPECT_EQ(streamed(tokenizer, ids, skip), decoded);
  }
}

void expect_golden(const std::shared_ptr<const Tokenizer>& tokenizer, const std::string& name) {
  const auto golden = read_golden_json(golden_dir() / "tokenizer" / (name + ".json"));
  ASSERT_FALSE(golden.at("rows").empty());
  std::size_t index = 0;
  for (const auto& row : golden.at("rows")) {
    SCOPED_TRACE(name + " row " + std::to_string(index++));
    expect_row(tokenizer, row);
    if (::testing::Test::HasFailure()) return;  // one row says enough
  }
  for (const auto& entry : golden.at("single_token_decodes"))
    EXPECT_EQ(tokenizer->decode({entry[0].get<TokenId>()}), entry[1].get<std::string>()) << name << " id " << entry[0];
}

class TokenizerJson : public ::testing::TestWithParam<std::string> {};

TEST_P(TokenizerJson, GivesTheGoldenRows) {
  const auto tokenizer = golden_tokenizer(GetParam());
  if (tokenizer == nullptr) GTEST_SKIP() << "tokenizer.json of " << GetParam() << " is not there; ./run fetch gets it";
  expect_golden(tokenizer, GetParam());
  const auto golden = read_golden_json(golden_dir() / "tokenizer" / (GetParam() + ".json"));
  EXPECT_EQ(tokenizer->special_tokens().named, golden.at("special_ids").get<std::vector<TokenId>>());
}

INSTANTIATE_TEST_SUITE_P(Golden, TokenizerJson, ::testing::ValuesIn(golden_names("tokenizer")), ParamName());

class TokenizerGguf : public ::testing::TestWithParam<std::string> {};

TEST_P(TokenizerGguf, GivesTheGoldenRows) {
  const auto tokenizer = gguf_tokenizer(GetParam());
  if (tokenizer == nullptr) GTEST_SKIP() << "the files of " << GetParam() << " are not there; ./run fetch gets them";
  expect_golden(tokenizer, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Golden, TokenizerGguf, ::testing::ValuesIn(gguf_names()), ParamName());

}  // namespace
}  // namespace c2c::testing
