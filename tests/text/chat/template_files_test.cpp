#include "c2c/text/chat/template_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "c2c/base/error.h"

namespace c2c {
namespace {

namespace fs = std::filesystem;

class TemplateFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(::testing::TempDir()) / (std::string("c2c_template_files_") + test->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const char* name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  fs::path folder_;
};

TEST_F(TemplateFiles, OrderOfTheFiles) {
  EXPECT_FALSE(find_chat_template(folder_));
  write("tokenizer_config.json", R"({"chat_template": "three", "bos_token": "<s>", "eos_token": {"content": "</s>"}})");
  EXPECT_EQ(find_chat_template(folder_)->text, "three");
  write("chat_template.json", R"({"chat_template": "two"})");
  EXPECT_EQ(find_chat_template(folder_)->text, "two");
  write("chat_template.jinja", "one {{ bos_token }}");
  write("special_tokens_map.json",
        R"({"bos_token": "other", "unk_token": "<unk>", "additional_special_tokens": ["x"]})");
  const auto found = find_chat_template(folder_);
  EXPECT_EQ(found->text, "one {{ bos_token }}");
  EXPECT_EQ(found->name, (folder_ / "chat_template.jinja").string());
  EXPECT_EQ(found->tokens.bos, "<s>");
  EXPECT_EQ(found->tokens.eos, "</s>");
  EXPECT_EQ(found->tokens.unk, "<unk>");
  EXPECT_FALSE(found->tokens.pad);
  const ChatTemplate chat = load_chat_template(folder_, "name");
  EXPECT_FALSE(chat.is_default());
  EXPECT_EQ(chat.render({}, {}), "one <s>");
}

TEST_F(TemplateFiles, DefaultWhereThereIsNone) {
  write("tokenizer_config.json", R"({"chat_template": null})");
  EXPECT_TRUE(load_chat_template(folder_, "name").is_default());
}

TEST_F(TemplateFiles, SeveralTemplates) {
  const auto of = [](const std::string& json) { return chat_template_of_config("c.json", json); };
  EXPECT_EQ(of(R"({"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]})"),
            "d");
  EXPECT_EQ(of(R"({"chat_template": [{"name": "only", "template": "o"}]})"), "o");
  EXPECT_EQ(of("{}"), std::nullopt);
  EXPECT_THROW(of(R"({"chat_template": [{"name": "a", "template": "a"}, {"name": "b", "template": "b"}]})"), Error);
  EXPECT_THROW(of(R"({"chat_template": [{"name": "a"}]})"), Error);
  EXPECT_THROW(of(R"({"chat_template": 3})"), Error);
  EXPECT_THROW(of("["), Error);
  EXPECT_THROW(of("[]"), Error);
}

}  // namespace
}  // namespace c2c
