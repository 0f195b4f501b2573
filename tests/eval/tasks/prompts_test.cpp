#include "c2c/eval/tasks/prompts.h"

#include <gtest/gtest.h>

#include "c2c/eval/tasks/embedded.h"
#include "tests/eval/tasks/tasks_testing.h"

namespace c2c {
namespace {

using testing::expect_error;
using testing::TemporaryFolder;
using testing::write;

TEST(Prompts, TheByteCheckOfTheSpecification) {
  const PromptSet prompts = load_prompts("c2c");
  const std::string choices = choices_text(prompts.option, {"a", "b"});
  EXPECT_EQ(choices, "A. a\nB. b\n");
  const std::string prompt = choice_prompt(prompts, {}, "Q", choices, 2);
  EXPECT_TRUE(
      prompt.starts_with("Accurately answer the following question:\n\nQ\n\nChoices:\nA. a\nB. b\n\n\n"
                         "Instructions:\n- Carefully"));
  EXPECT_TRUE(prompt.ends_with("besides the answer.\n\nThe correct answer is"));
}

TEST(Prompts, FixedNamesTheLettersThereAre) {
  const PromptSet prompts = load_prompts("c2c");
  const PromptStyle exact, fixed{.mode = grading::Mode::kFixed};
  for (const std::size_t count : {2U, 10U}) {
    EXPECT_NE(choice_prompt(prompts, exact, "Q", "", count).find("\"The correct answer is A/B/C/D\""),
              std::string::npos);
  }
  EXPECT_NE(choice_prompt(prompts, fixed, "Q", "", 2).find("\"The correct answer is A/B\""), std::string::npos);
  EXPECT_NE(choice_prompt(prompts, fixed, "Q", "", 10).find("A/B/C/D/E/F/G/H/I/J\""), std::string::npos);
}

TEST(Prompts, WhatAQuestionSaysIsNoField) {
  const PromptSet prompts = load_prompts("c2c");
  const PromptStyle exact, fixed{.mode = grading::Mode::kFixed};
  // The reference replaces one field after the other.
  EXPECT_NE(choice_prompt(prompts, exact, "see {{choices}}", "A. x\n", 2).find("see A. x"), std::string::npos);
  EXPECT_NE(choice_prompt(prompts, fixed, "see {{choices}}", "A. x\n", 2).find("see {{choices}}"), std::string::npos);
  EXPECT_EQ(fill_template("{{a}}{{b}}{{c}}{{", {{"a", "{{b}}"}, {"b", "x"}}), "{{b}}x{{c}}{{");
}

TEST(Prompts, EverySetLoads) {
  EXPECT_EQ(prompt_set_names(), (std::vector<std::string>{"c2c", "letter-only", "swahili"}));
  for (const std::string& name : prompt_set_names()) {
    const PromptSet prompts = load_prompts(name);
    EXPECT_EQ(prompts.name, name);
    EXPECT_EQ(prompts.sha256.size(), 64U);
    const std::string text = choice_prompt(prompts, {.mode = grading::Mode::kFixed}, "Q?", "A. x\n", 3);
    EXPECT_NE(text.find("Q?"), std::string::npos);
    EXPECT_EQ(text.find("{{"), std::string::npos) << text;
  }
  EXPECT_NE(choice_prompt(load_prompts("swahili"), {}, "Q", "", 4).find("kwa herufi (A, B, C, D)"), std::string::npos);
  EXPECT_GT(judge_prompts().tail, 0);
  EXPECT_NE(judge_prompts().math.find("{{reply}}"), std::string::npos);
  EXPECT_NE(few_shot_prompts().shot.find("{{answer}}"), std::string::npos);
  EXPECT_EQ(background_prompt(), "Briefly describe the most useful background to solve the problem:\n\n{question}");
  EXPECT_NE(second_stage_prompt().find("{context}"), std::string::npos);
}

TEST(Prompts, AFileOfOnesOwn) {
  const TemporaryFolder folder;
  const std::string set =
      "bare: '{{question}} {{choices}}'\nchoice: 'Q {{question}} {{choices}} {{letters}}'\n"
      "choice_cot: '{{question}}{{choices}}'\nmath: '{{question}}'\noption: '({{letter}}) {{text}};'\n";
  const auto path = write(folder / "mine.yaml", set).string();
  const PromptSet prompts = load_prompts(path);
  EXPECT_EQ(
      choice_prompt(prompts, {.mode = grading::Mode::kFixed}, "who?", choices_text(prompts.option, {"x", "y"}), 2),
      "Q who? (A) x;(B) y; A/B");
  expect_error([&] { load_prompts(write(folder / "a.yaml", "choise: x\n").string()); },
               {"a.yaml", "did you mean choice?"}, 2);
  expect_error([&] { load_prompts(write(folder / "b.yaml", "bare: x\n").string()); }, {"b.yaml: bare", "{{question}}"},
               2);
  expect_error([] { load_prompts("swahilli"); }, {"swahilli", "one of c2c, letter-only, swahili", "did you mean"}, 2);
  expect_error([] { background_prompt("none"); }, {"one of default"}, 2);
}

TEST(Embedded, FilesAreThere) {
  EXPECT_TRUE(embedded_file("subjects.yaml").starts_with("# Subjects"));
  EXPECT_THROW(embedded_file("x.yaml"), Error);
}

}  // namespace
}  // namespace c2c
