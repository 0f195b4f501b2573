#include "c2c/eval/analysis/questions.h"

#include "c2c/base/error.h"
#include "tests/eval/analysis/tiny_run.h"

namespace c2c::testing {
namespace {

TEST(Questions, AreLinesOfAText) {
  const Folder folder;
  const auto found = read_questions(folder.write("q.txt", "\n  What is ink?\r\n\nWas heißt Öl?"), 9);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, "line 2");
  EXPECT_EQ(found[0].messages.at(0).content, "What is ink?");
  EXPECT_EQ(found[1].messages.at(0).content, "Was heißt Öl?");
  EXPECT_EQ(found[1].messages.at(0).role, "user");
  EXPECT_EQ(read_questions(folder / "q.txt", 1).size(), 1U);
}

TEST(Questions, AreRowsOfATableWithoutTheirReplies) {
  const Folder folder;
  const auto found = read_questions(
      folder.write(
          "q.jsonl",
          "{\"question\": \"one?\"}\n{\"messages\": [{\"role\": \"system\", \"content\": \"be short\"}, {\"role\": "
          "\"user\", \"content\": \"two?\"}, {\"role\": \"assistant\", \"content\": \"2\"}]}\n{\"prompt\": "
          "\"three\"}\n"),
      9);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].messages.back().content, "one?");
  ASSERT_EQ(found[1].messages.size(), 2U);
  EXPECT_EQ(found[1].messages.back().content, "two?");
  EXPECT_EQ(found[2].id, "row 3");
}

TEST(Questions, NoneOrUnreadableOnesAreAnError) {
  const Folder folder;
  EXPECT_THROW(read_questions(folder.write("empty.txt", " \n\n"), 9), Error);
  EXPECT_THROW(read_questions(folder.write("bytes.txt", "a\xff\n"), 9), Error);
  EXPECT_THROW(read_questions(folder / "missing.txt", 9), Error);
  try {
    read_questions(folder.write("other.jsonl", "{\"answer\": \"x\"}\n"), 9);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("row 1"), std::string::npos);
  }
}

}  // namespace
}  // namespace c2c::testing
