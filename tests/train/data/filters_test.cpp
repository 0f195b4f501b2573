// SHA-256 remainders are Python's: int(hashlib.sha256(text.encode()).hexdigest(), 16) % n.
#include "c2c/train/data/filters.h"

#include <gtest/gtest.h>

#include "c2c/train/data/extract.h"
#include "tests/train/data/dataset_testing.h"

namespace c2c {
namespace {

using testing::error_of;

Row row(const std::string& text) {
  return Row::parse(text);
}

TEST(Filters, LengthsInWordsAndTokens) {
  const auto text = [](const Row& r) { return RowText(text_field(r, "t")); };
  EXPECT_TRUE(word_count_filter(3, text)(row(R"({"t":" a\u3000b\tc "})")));
  EXPECT_FALSE(word_count_filter(3, text)(row(R"({"t":"a b c d"})")));
  const DatasetContext context = testing::byte_context();
  const TokenCounter counter{context.tokenizer, context.chat};
  EXPECT_TRUE(token_count_filter(4, text, counter)(row(R"({"t":"abcd"})")));
  EXPECT_FALSE(token_count_filter(4, text, counter)(row(R"({"t":"abcde"})")));
  const auto chat = [](const Row& r) { return RowText(openhermes_messages(r, "c")); };
  const Row talk = row(R"({"c":[{"from":"human","value":"ab c"},{"from":"gpt","value":"d"}]})");
  EXPECT_TRUE(token_count_filter(5, chat, counter)(talk));
  EXPECT_FALSE(token_count_filter(4, chat, counter)(talk));
  EXPECT_TRUE(word_count_filter(3, chat)(talk));
  EXPECT_FALSE(word_count_filter(2, chat)(talk));
  EXPECT_NE(error_of([&] { token_count_filter(4, text, {}); }).find("no tokenizer"), std::string::npos);
}

TEST(Filters, FieldValues) {
  const Row en = row(R"({"language":"en","n":1})");
  EXPECT_TRUE(field_value_filter("en", "language")(en));
  EXPECT_FALSE(field_value_filter("en", "language", "not_equal")(en));
  EXPECT_TRUE(field_value_filter({"de", "en"}, "language", "in")(en));
  EXPECT_FALSE(field_value_filter({"de", "en"}, "language", "not_in")(en));
  EXPECT_TRUE(field_value_filter(1, "n")(en));
  EXPECT_TRUE(field_value_filter(nullptr, "missing")(en));
  EXPECT_NE(error_of([] { field_value_filter(1, "n", "like"); }).find("equal, not_equal"), std::string::npos);
  EXPECT_NE(error_of([] { field_value_filter(1, "n", "in"); }).find("a list"), std::string::npos);
}

TEST(Filters, ModuloOfNumbersAndOfTexts) {
  const auto keep = modulo_filter(4, {1, 2});
  for (const auto& [id, kept] : std::vector<std::pair<std::string, bool>>{
           {"4", true}, {"5", false}, {"-2", false}, {"-1", true}, {"\" +6 \"", false}, {"\"7\"", true}})
    EXPECT_EQ(keep(row("{\"_id\":" + id + "}")), kept) << id;
  // Remainders modulo 8 of the SHA-256 of a, b, c, d.
  const std::vector<std::int64_t> remainders = {3, 5, 6, 4};
  const std::string ids = "abcd";
  for (std::size_t i = 0; i < ids.size(); ++i)
    for (std::int64_t r = 0; r < 8; ++r)
      EXPECT_EQ(modulo_filter(8, {r})(row(std::string("{\"_id\":\"") + ids[i] + "\"}")), r != remainders[i]) << i;
}

TEST(Filters, ConversationLengthAndMod4) {
  const Row talk = row(R"({"conversations":[{"from":"system"},{"from":"human"},{"role":"assistant"},{"from":"x"}]})");
  EXPECT_TRUE(conversation_length_filter(1)(talk));
  EXPECT_FALSE(conversation_length_filter(2)(talk));
  EXPECT_NE(error_of([] { conversation_length_filter(0)(row("{}")); }).find("conversations"), std::string::npos);
  std::string kept;
  for (const char c : std::string("abcdefghijklmnop"))
    if (sha256_mod4_filter()(row(std::string("{\"_id\":\"") + c + "\"}"))) kept += c;
  EXPECT_EQ(kept, "acdehijklmop");
  EXPECT_TRUE(all_of({})(talk));
  EXPECT_FALSE(all_of({conversation_length_filter(1), conversation_length_filter(2)})(talk));
}

}  // namespace
}  // namespace c2c
