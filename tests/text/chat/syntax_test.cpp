// The table data/syntax.json: what jinja2, set up as transformers does, makes of small templates (data/make_syntax.py).
#include <gtest/gtest.h>

#include "c2c/base/error.h"
#include "c2c/text/chat/chat_template.h"
#include "tests/testing/golden.h"

namespace c2c {
namespace {

// "TypeError: text": the text that our message must hold, or nothing where only the place of an error is common.
std::string expected_message(const std::string& error) {
  if (error.starts_with("TemplateSyntaxError") || error.starts_with("SyntaxError")) return {};
  return error.substr(error.find(": ") + 2);
}

TEST(JinjaSyntax, EveryRowAsJinja2) {
  const auto table = testing::read_golden_json(testing::fs::path(C2C_SOURCE_DIR) / "tests/text/chat/data/syntax.json");
  RenderOptions options;
  options.extra_json = table["variables"].dump();
  ASSERT_GT(table["rows"].size(), 150U);
  for (const auto& row : table["rows"]) {
    const std::string source = row["source"].get<std::string>();
    SCOPED_TRACE(source);
    try {
      const std::string text = ChatTemplate("table", source).render({}, options);
      if (row.contains("error"))
        ADD_FAILURE() << "no error but " << text << "\nfor " << row["error"];
      else
        EXPECT_EQ(text, row["text"].get<std::string>());
    } catch (const Error& error) {
      ASSERT_TRUE(row.contains("error")) << error.what();
      const std::string expected = expected_message(row["error"].get<std::string>());
      EXPECT_NE(std::string(error.what()).find(expected), std::string::npos) << error.what() << "\nfor " << expected;
      EXPECT_EQ(error.exit_code(), 1);
      EXPECT_NE(std::string(error.what()).find("table, line "), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace c2c
