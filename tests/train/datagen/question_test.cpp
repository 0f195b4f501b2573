#include "c2c/train/datagen/question.h"

#include <gtest/gtest.h>

#include "c2c/train/datagen/question_rows.h"
#include "tests/train/data/dataset_testing.h"

namespace c2c {
namespace {

using testing::error_of;
using testing::TemporaryFolder;
using testing::write;

std::optional<Question> ask(const std::string& kind, const std::string& json) {
  return question_kind(kind).read(Row::parse(json));
}

std::string prompt(const std::string& kind, const std::string& json) {
  const auto question = ask(kind, json);
  if (!question) return "(skipped)";
  EXPECT_EQ(question->messages.size(), 1U);
  EXPECT_EQ(question->messages[0].role, "user");
  return question->messages[0].content;
}

TEST(Question, PromptsAreTheScriptsOwn) {
  EXPECT_EQ(prompt("dolly", R"({"instruction": " Say it. ", "context": " It is blue.\n", "response": "no"})"),
            "It is blue.\n\nSay it.");
  EXPECT_EQ(prompt("dolly", R"({"instruction": "Say it.", "context": null})"), "Say it.");
  EXPECT_EQ(prompt("dolly", R"({"instruction": "", "context": "Only this"})"), "Only this\n\n");
  EXPECT_EQ(prompt("gsm8k", R"({"question": " 2 + 2? ", "answer": "#### 4"})"), "2 + 2?");
  EXPECT_EQ(prompt("mmlu", R"({"question": " Which? ", "choices": ["red", 7, "", "d", "fifth"], "answer": 0})"),
            "Accurately answer the following question:\n\nWhich?\n\nChoices:\nA. red\nB. 7\nC. \nD. d\nE. fifth\n\n"
            "Instructions:\n- Carefully read the question and all options.\n"
            "- Let's think step by step and you must explain your reasoning briefly.\n"
            "- Then give the final answer.\n- Keep your response within 150 words.");
}

TEST(Question, OpenHermesStoresWhatItDoesNotAsk) {
  const auto question = ask("openhermes", R"({"conversations": [{"from": "system", "value": " Be kind.\n"},
                                             {"from": "human", "value": "Hello"}]})");
  EXPECT_EQ(question->input_text, " Be kind.\n");
  EXPECT_EQ(question->messages, (Messages{{"user", "Be kind."}}));
}

TEST(Question, ChatsAreAskedUpToTheirLastQuestion) {
  const auto question =
      ask("chat", R"({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "a"},
      {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]})");
  EXPECT_EQ(question->messages, (Messages{{"system", "S"}, {"user", "a"}, {"assistant", "b"}, {"user", "c"}}));
  EXPECT_EQ(question->input_text, "S\n\na\n\nb\n\nc");
  EXPECT_EQ(prompt("chat", R"({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "x"}]})"),
            "Hi");
  EXPECT_EQ(prompt("chat", R"({"messages": [{"role": "assistant", "content": "alone"}]})"), "(skipped)");
}

TEST(Question, RowsThatAskNothingAreSkippedAndOthersNamed) {
  for (const auto& [kind, json] : std::vector<std::pair<std::string, std::string>>{
           {"dolly", R"({"instruction": " ", "context": "\n"})"},
           {"gsm8k", R"({"question": null})"},
           {"mmlu", R"({"question": "Which?", "choices": []})"},
           {"mmlu", R"({"question": "", "choices": ["a"]})"},
           {"openhermes", R"({"conversations": []})"},
           {"openhermes", R"({"conversations": [{"from": "human", "value": " "}]})"},
           {"chat", R"({"messages": [{"role": "user", "content": " "}]})"}})
    EXPECT_EQ(prompt(kind, json), "(skipped)") << kind << json;
  EXPECT_NE(error_of([] { ask("mmlu", R"({"question": "?", "choices": "abc"})"); }).find("choices"), std::string::npos);
  EXPECT_NE(error_of([] { ask("dolly", R"({"question": "?"})"); }).find("instruction"), std::string::npos);
  EXPECT_NE(error_of([] { question_kind("dollly"); }).find("did you mean dolly"), std::string::npos);
}

TEST(Question, KeysTellQuestionsApart) {
  const Question one{"a", {{"user", "a"}}}, two{"a ", {{"user", "a"}}}, three{"a", {{"system", "a"}}};
  EXPECT_EQ(question_key(one), question_key(Question(one)));
  EXPECT_NE(question_key(one), question_key(two));
  EXPECT_NE(question_key(one), question_key(three));
  EXPECT_EQ(question_id(question_kind("mmlu"), 42), "mmlu_000042");
  EXPECT_EQ(question_id(question_kind("mmlu"), 12345678), "mmlu_12345678");
}

TEST(QuestionRows, NumbersAreThoseOfTheSource) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 10; ++i) text += "{\"question\": \"q" + std::to_string(i) + "\"}\n";
  const auto path = write(folder / "g.jsonl", text);
  const QuestionRows rows({.kind = "gsm8k", .input = path.string(), .limit = 3, .every = 4, .system = "S"});
  ASSERT_EQ(rows.size(), 3);
  EXPECT_EQ(rows.row(2), 8);
  EXPECT_EQ(rows.question(2)->input_text, "q8");
  EXPECT_EQ(rows.question(2)->messages, (Messages{{"system", "S"}, {"user", "q8"}}));
  EXPECT_EQ(QuestionRows({.kind = "gsm8k", .input = path.string(), .every = 4}).size(), 3);
  EXPECT_NE(error_of([&] { QuestionRows({.kind = "dolly", .input = path.string()}); }).find("--type"),
            std::string::npos);
  EXPECT_NE(error_of([&] { QuestionRows({.kind = "chat"}); }).find("--input"), std::string::npos);
}

}  // namespace
}  // namespace c2c
