// Every row of template/rendered.json against the templates of the real and the tiny tokenizers.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "c2c/base/error.h"
#include "c2c/text/chat/chat_template.h"
#include "c2c/text/chat/template_files.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

// Where a tokenizer's files are, or nothing when its download is not there.
std::optional<fs::path> tokenizer_folder(const std::string& name) {
  const fs::path candidates[] = {testing::golden_dir() / "models" / name,
                                 testing::golden_dir() / "tokenizer/files" / name,
                                 testing::deps_dir() / "tokenizers" / name / "models"};
  for (const fs::path& folder : candidates)
    if (fs::exists(folder)) return folder;
  return std::nullopt;
}

// "TemplateError: text" -> "text".
std::string message_of(const std::string& error) {
  const std::size_t colon = error.find("Error: ");
  return colon == std::string::npos ? error : error.substr(colon + 7);
}

void check_row(const ChatTemplate& chat, const nlohmann::ordered_json& row) {
  RenderOptions options;
  options.add_generation_prompt = row.value("add_generation_prompt", false);
  if (row.contains("enable_thinking") && !row["enable_thinking"].is_null())
    options.enable_thinking = row["enable_thinking"].get<bool>();
  const std::string messages = row["messages"].dump();
  if (row.contains("error")) {
    const std::string expected = message_of(row["error"].get<std::string>());
    try {
      chat.render(messages_from_json(messages), options);
      ADD_FAILURE() << "no error for " << messages;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what() << "\nfor " << expected;
    }
    return;
  }
  EXPECT_EQ(chat.render(messages_from_json(messages), options), row["text"].get<std::string>()) << messages;
  EXPECT_EQ(chat.render_json(messages, options), row["text"].get<std::string>()) << messages;
}

TEST(RenderedGolden, EveryRow) {
  const auto rows = testing::read_golden_json(testing::golden_dir() / "template/rendered.json");
  ASSERT_FALSE(rows.empty());
  std::map<std::string, std::unique_ptr<ChatTemplate>> templates;
  std::map<std::string, int> missing;
  int checked = 0;
  for (const auto& row : rows) {
    const std::string name = row["tokenizer"].get<std::string>();
    const auto folder = tokenizer_folder(name);
    if (!folder) {
      ++missing[name];
      continue;
    }
    auto& chat = templates[name];
    if (!chat) chat = std::make_unique<ChatTemplate>(load_chat_template(*folder, name));
    SCOPED_TRACE(name);
    ASSERT_FALSE(chat->is_default());
    check_row(*chat, row);
    ++checked;
  }
  EXPECT_GT(checked, 0);
  std::string names;
  for (const auto& [name, count] : missing) names += " " + name;
  if (!names.empty()) GTEST_SKIP() << "tokenizers not downloaded:" << names << "; get them with ./run fetch";
}

}  // namespace
}  // namespace c2c
