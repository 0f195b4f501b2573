// Every row of align/aligned.json: texts and conversations between all pairs, and where the reference raises.
#include <gtest/gtest.h>

#include <set>

#include "c2c/text/align/aligner.h"
#include "tests/text/align/align_models.h"

namespace c2c {
namespace {

using nlohmann::ordered_json;

void check_text_row(const Aligner& aligner, const ordered_json& row) {
  const AlignedText aligned = aligner.align_text(row["text"].get<std::string>(), false);  // the rows were made so
  EXPECT_EQ(aligned.receiver_ids, row["receiver_ids"].get<std::vector<TokenId>>());
  EXPECT_EQ(aligned.sharer_ids, row["sharer_ids"].get<std::vector<TokenId>>());
}

void check_chat(const AlignedChat& chat, const ordered_json& result) {
  EXPECT_EQ(chat.receiver_ids, result["slm_ids_padded"].get<std::vector<TokenId>>());
  EXPECT_EQ(chat.sharer_ids, result["llm_ids_padded"].get<std::vector<TokenId>>());
  EXPECT_EQ(chat.message_mask, result["message_mask"].get<std::vector<bool>>());
  EXPECT_EQ(chat.receiver_padding, result["slm_padding_mask"].get<std::vector<bool>>());
  EXPECT_EQ(chat.sharer_padding, result["llm_padding_mask"].get<std::vector<bool>>());
  ASSERT_EQ(chat.sections.size(), result["sections"].size());
  for (std::size_t i = 0; i < chat.sections.size(); ++i) {
    const auto& expected = result["sections"][i];
    const std::pair<std::size_t, std::size_t> range{chat.sections[i].begin, chat.sections[i].end};
    EXPECT_EQ(chat.sections[i].is_message, expected["type"] == "message");
    EXPECT_EQ(range, (expected["slm_range"].get<std::pair<std::size_t, std::size_t>>()));
    EXPECT_EQ(range, (expected["llm_range"].get<std::pair<std::size_t, std::size_t>>()));
  }
}

void check_chat_row(const Aligner& aligner, const ordered_json& row) {
  AlignOptions options;
  options.add_generation_prompt = row["add_generation_prompt"].get<bool>();
  const Messages messages = messages_from_json(row["messages"].dump());
  if (row.contains("result")) return check_chat(aligner.align_chat(messages, options), row["result"]);
  std::string expected = row["error"].get<std::string>();
  expected = expected.substr(expected.find(": ") + 2);
  try {
    aligner.align_chat(messages, options);
    ADD_FAILURE() << "no error";
  } catch (const AlignmentError& error) {
    EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what();
  }
}

TEST(AlignedGolden, EveryRow) {
  const auto rows = testing::read_golden_json(testing::golden_dir() / "align/aligned.json");
  ASSERT_FALSE(rows.empty());
  std::set<std::string> missing;
  std::size_t checked = 0;
  for (const auto& row : rows) {
    const std::string receiver_name = row["receiver"].get<std::string>(),
                      sharer_name = row["sharer"].get<std::string>();
    const auto &receiver = testing::align_model(receiver_name), &sharer = testing::align_model(sharer_name);
    if (!receiver) missing.insert(receiver_name);
    if (!sharer) missing.insert(sharer_name);
    if (!receiver || !sharer) continue;
    SCOPED_TRACE(::testing::Message() << receiver_name << " " << sharer_name << " " << row["strategy"] << " "
                                      << (row.contains("text") ? row["text"] : row["messages"]));
    const Aligner aligner(*receiver, *sharer, parse_align_strategy(row["strategy"].get<std::string>()));
    row.contains("text") ? check_text_row(aligner, row) : check_chat_row(aligner, row);
    ++checked;
  }
  EXPECT_GT(checked, 0U);
  std::string names;
  for (const std::string& name : missing) names += " " + name;
  if (!names.empty()) GTEST_SKIP() << "tokenizers not downloaded:" << names << "; get them with ./run fetch";
}

}  // namespace
}  // namespace c2c
