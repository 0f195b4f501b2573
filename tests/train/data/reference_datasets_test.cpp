// Against the Python reference: fixtures/expected.json.gz is what its own classes and extractors gave for the rows in
// fixtures/ (make_fixtures.py), tokens counted by Qwen3's tokenizer.
#include <gtest/gtest.h>

#include "c2c/train/data/extract.h"
#include "c2c/train/data/longbench_templates.h"
#include "tests/train/data/dataset_testing.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

using testing::fixture;

const nlohmann::ordered_json& expected() {
  static const auto kExpected = testing::read_golden_json(fixture("expected.json"));
  return kExpected;
}

Messages messages_of(const nlohmann::ordered_json& list) {
  return messages_from_json(list.dump());
}

TEST(ReferenceDatasets, GiveTheSameConversations) {
  const fs::path qwen3 = testing::deps_dir() / "tokenizers/qwen3/models";
  if (!fs::exists(qwen3 / "tokenizer.json")) GTEST_SKIP() << "no " << qwen3 << ": ./run fetch";
  DatasetContext context;
  context.tokenizer = load_tokenizer(qwen3);
  context.chat = std::make_shared<ChatTemplate>(load_chat_template(qwen3, "Qwen/Qwen3-0.6B"));
  std::size_t compared = 0;
  for (const auto& test : expected()["cases"]) {
    auto kwargs = test["kwargs"];
    kwargs["data_path"] = fixture(test["file"]).string();
    const auto dataset = make_dataset(test["type"], kwargs, context);
    const std::string what = test["type"].get<std::string>() + " " + kwargs.dump();
    ASSERT_EQ(dataset->size(), static_cast<std::int64_t>(test["messages"].size())) << what;
    for (std::int64_t i = 0; i < dataset->size(); ++i) {
      std::string why;
      const auto messages = dataset->messages(i, &why);
      ASSERT_TRUE(messages) << what << " " << i << ": " << why;
      EXPECT_EQ(*messages, messages_of(test["messages"][static_cast<std::size_t>(i)])) << what << " " << i;
      ++compared;
    }
  }
  EXPECT_GT(compared, 50U);
  // The tokenizer by name counts as the context's does.
  const auto named = make_dataset(
      "OpenHermesChatDataset",
      {{"data_path", fixture("openhermes.json").string()}, {"max_word_count", 60}, {"count_tokenizer", qwen3.string()}},
      {});
  EXPECT_EQ(named->size(), 5);
}

TEST(ReferenceDatasets, ExtractorsGiveTheSameTexts) {
  for (const auto& test : expected()["texts"]) {
    const std::string name = test["extractor"];
    const Row& row = test["row"];
    if (name == "chat_text")
      EXPECT_EQ(longbench_pair_messages(row), messages_of(test["value"])) << row;
    else if (name == "chat_pair_text")
      EXPECT_EQ(pair_messages(row), messages_of(test["value"])) << row;
    else if (name == "mmlu_text")
      EXPECT_EQ(mmlu_text(row), test["value"].get<std::string>()) << row;
    else if (name == "conversation_text")
      EXPECT_EQ(conversation_text(row), test["value"].get<std::string>()) << row;
    else if (name == "first_user_message")
      EXPECT_EQ(first_user_message(row), test["value"].get<std::string>()) << row;
    else if (name == "first_assistant_message")
      EXPECT_EQ(first_assistant_message(row), test["value"].get<std::string>()) << row;
    else if (name == "instruction_text")
      EXPECT_EQ(instruction_text(row), test["value"].get<std::string>()) << row;
    else
      FAIL() << name;
  }
}

TEST(ReferenceDatasets, LongBenchPromptsAreTheReferences) {
  const auto& prompts = expected()["longbench_prompts"];
  ASSERT_EQ(longbench_tasks().size(), prompts.size());
  std::size_t i = 0;
  for (const auto& [name, prompt] : prompts.items()) {
    EXPECT_EQ(longbench_tasks()[i].name, name);
    EXPECT_EQ(longbench_tasks()[i++].prompt, prompt.get<std::string>()) << name;
  }
}

}  // namespace
}  // namespace c2c
