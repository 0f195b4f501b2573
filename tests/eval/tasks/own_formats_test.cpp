// Formats for anything local: chats, multiple-choice questions, samples of OpenAI evals, and the WordNet tasks.
#include <gtest/gtest.h>

#include "c2c/eval/tasks/option_lines.h"
#include "c2c/eval/tasks/row_fields.h"
#include "c2c/train/data/wordnet.h"
#include "tests/eval/tasks/tasks_testing.h"

namespace c2c {
namespace {

using testing::expect_error;
using testing::task_of;
using testing::TemporaryFolder;
using testing::truths;
using testing::write;

using Texts = std::vector<std::string>;

TaskData load_text(const std::string& dataset, const std::string& text, const std::string& name = "x.jsonl") {
  const TemporaryFolder folder;
  return load_task(task_of(dataset, write(folder / name, text)));
}

TEST(ChatJsonl, TheLastReplyIsTheTruth) {
  const TaskData data =
      load_text("chat", R"({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}, )"
                        R"({"role": "assistant", "content": " reply"}], "subject": "a"})"
                        "\n"
                        R"({"conversations": [{"from": "human", "value": "h"}, {"from": "gpt", "value": "g"}, )"
                        R"({"from": "human", "value": "h2"}, {"from": "gpt", "value": "g2"}]})"
                        "\n");
  ASSERT_EQ(data.samples.size(), 2U);
  const EvalSample& first = data.samples[0];
  EXPECT_EQ(first.truth.kind, TruthKind::kText);
  EXPECT_EQ(first.truth.text, " reply");
  ASSERT_EQ(first.messages.size(), 2U);
  EXPECT_EQ(first.messages[1].content, "u");
  EXPECT_EQ(first.question, "u");
  EXPECT_EQ(first.subject, "a");
  EXPECT_EQ(data.samples[1].messages.size(), 3U);
  EXPECT_EQ(data.samples[1].truth.text, "g2");
  EXPECT_EQ(data.samples[1].id, "chat/1");
}

TEST(ChatJsonl, AConversationWithoutReplyIsMalformed) {
  for (const char* row : {R"({"messages": [{"role": "user", "content": "u"}]})", R"({"messages": []})",
                          R"({"messages": [{"role": "user", "content": "u"}, {"role": "assistant", "content": ""}]})",
                          R"({"messages": 3})", R"({"text": "u"})"})
    expect_error([&] { load_text("chat", row); }, {"1 malformed rows of 1", "x.jsonl, row 0"}, 1);
}

TEST(MultipleChoice, EveryForm) {
  const TaskData data =
      load_text("multiple-choice", R"({"question": "q", "choices": ["x", "y", "z"], "answer": "C", "subject": "s"})"
                                   "\n"
                                   R"({"question": "q", "options": ["x", "y"], "answer": 1})"
                                   "\n"
                                   R"({"question": "q", "choices": {"text": ["x", "y"]}, "answer": "0"})"
                                   "\n"
                                   R"({"question": "q", "choices": [{"text": "x"}, {"text": "y"}], "answer": " y "})"
                                   "\n"
                                   R"({"question": "q", "A": "x", "B": 2, "C": "", "answer": "B"})"
                                   "\n");
  EXPECT_EQ(truths(data), (std::map<std::int64_t, std::string>{{0, "C"}, {1, "B"}, {2, "A"}, {3, "B"}, {4, "B"}}));
  EXPECT_EQ(data.options, 3);
  EXPECT_EQ(data.samples[4].options, (Texts{"x", "2"}));
  EXPECT_EQ(data.subjects.size(), 2U);
  EXPECT_EQ(data.subjects[0].name, "s");
  EXPECT_TRUE(data.samples[0].messages[0].content.starts_with("Accurately"));
  EvalTask named = task_of("multiple-choice");
  const TaskData csv = load_text("multiple-choice", "question,A,B,answer\n\"q, 1\",x,y,B\nq,x,y,0\n", "x.csv");
  EXPECT_EQ(truths(csv), (std::map<std::int64_t, std::string>{{0, "B"}, {1, "A"}}));
}

TEST(MultipleChoice, SubjectsAreWhatRowsSay) {
  const TemporaryFolder folder;
  EvalTask task =
      task_of("multiple-choice",
              write(folder / "x.jsonl", R"({"question": "q", "choices": [1, 2], "answer": 0, "subject": "s"})"
                                        "\n"
                                        R"({"question": "q", "choices": [1, 2], "answer": 0, "category": "t"})"
                                        "\n"
                                        R"({"question": "q", "choices": [1, 2], "answer": 0})"
                                        "\n"));
  task.name = "mine";
  EXPECT_EQ(testing::ids(load_task(task)), (Texts{"mine/0", "mine/1", "mine/2"}));
  task.subjects = {"s", "t"};
  const TaskData data = load_task(task);
  EXPECT_EQ(testing::ids(data), (Texts{"mine/0", "mine/1"}));
  EXPECT_EQ(data.left_out, (std::map<std::string, std::int64_t>{{"subjects", 1}}));
}

TEST(OptionLines, Labels) {
  const auto texts = [](const std::string& text) {
    Texts found;
    for (const OptionLine& line : find_option_lines(text)) found.push_back(line.text);
    return found;
  };
  EXPECT_EQ(texts("Which?\nA. one\nB) two\n(C) three\n [D] four\n\nAnswer:"), (Texts{"one", "two", "three", "four"}));
  EXPECT_EQ(texts("Subject\n\na) x\nb) y"), (Texts{"x", "y"}));
  EXPECT_EQ(texts("A: an example\nB: of it\nNow\nA. p\nB. q\nC. r\n"), (Texts{"p", "q", "r"})) << "the last run";
  EXPECT_EQ(texts("A. alone\nC. not the next"), Texts());
  EXPECT_EQ(texts("B. x\nC. y"), Texts());
  EXPECT_EQ(texts("A.\nB."), Texts());
  EXPECT_EQ(texts(""), Texts());
}

TEST(OptionLines, WhatAnIdealNames) {
  const auto lines = find_option_lines("A. one\nB. two\nC. three");
  const auto named = [&](const std::string& ideal) { return name_option(lines, ideal); };
  EXPECT_EQ(named("B").index, 1U);
  EXPECT_EQ(named("B").replies, (Texts{"A", "B", "C"}));
  EXPECT_EQ(named("[C]").replies, (Texts{"[A]", "[B]", "[C]"}));
  EXPECT_EQ(named("three").index, 2U);
  EXPECT_EQ(named("three").replies, (Texts{"one", "two", "three"}));
  EXPECT_EQ(named("B. two").replies, (Texts{"A. one", "B. two", "C. three"}));
  EXPECT_EQ(named("The answer is (b)").replies.at(2), "The answer is (c)");
  EXPECT_TRUE(named("D").replies.empty());
  EXPECT_TRUE(named("Berlin").replies.empty());
  EXPECT_TRUE(named("").replies.empty());
  EXPECT_TRUE(name_option({}, "A").replies.empty());
}

TEST(EvalsSamples, MessagesIdealsAndOptions) {
  const TaskData data = load_text(
      "evals",
      R"({"input": [{"role": "system", "content": "s"}, {"role": "user", "content": "Q?\nA. x\nB. y"}], "ideal": "B"})"
      "\n"
      R"({"input": "free text", "ideal": ["1", "one"]})"
      "\n"
      R"({"input": [{"role": "system", "content": "q1", "name": "example_user"}, {"role": "system", "content": "a1", )"
      R"("name": "example_assistant"}, {"role": "system", "content": "q2"}], "ideal": 7})"
      "\n");
  ASSERT_EQ(data.samples.size(), 3U);
  EXPECT_EQ(data.match, grading::IdealMatch::kStartsWith);
  EXPECT_EQ(data.samples[0].options, (Texts{"x", "y"}));
  EXPECT_EQ(data.samples[0].replies, (Texts{"A", "B"}));
  EXPECT_EQ(data.samples[0].truth.options, (std::vector<int>{1}));
  EXPECT_EQ(data.samples[0].messages.size(), 2U);
  EXPECT_EQ(data.options, 2);
  EXPECT_TRUE(data.samples[1].options.empty());
  EXPECT_EQ(data.samples[1].messages[0].role, "user");
  EXPECT_EQ(data.samples[1].truth.answers, (Texts{"1", "one"}));
  const Messages& third = data.samples[2].messages;
  ASSERT_EQ(third.size(), 3U);
  EXPECT_EQ(third[0].role, "user");
  EXPECT_EQ(third[1].role, "assistant");
  EXPECT_EQ(data.samples[2].truth.text, "7");
}

TEST(EvalsSamples, AChatTemplateWantsAUser) {
  const TaskData data = load_text("evals", R"({"input": [{"role": "system", "content": "q"}], "ideal": "a"})");
  EXPECT_EQ(data.samples.at(0).messages.at(0).role, "user");
}

TEST(EvalsSamples, FewIdealsAreTheOptions) {
  std::string text;
  for (int i = 0; i < 6; ++i)
    text += std::string(R"({"input": "q", "ideal": ")") + (i % 3 == 0 ? "yes" : "no") + "\"}\n";
  const TaskData data = load_text("evals", text);
  EXPECT_EQ(data.samples[0].options, (Texts{"no", "yes"}));
  EXPECT_EQ(data.samples[0].replies, (Texts{"no", "yes"}));
  EXPECT_EQ(data.samples[0].truth.options, (std::vector<int>{1}));
  EXPECT_EQ(data.samples[1].truth.options, (std::vector<int>{0}));
  // An ideal that stands once says nothing about what else may be asked.
  EXPECT_TRUE(load_text("evals", text + R"({"input": "q", "ideal": "maybe"})").samples[0].options.empty());
}

TEST(EvalsSamples, MalformedRows) {
  for (const char* row :
       {R"({"input": [], "ideal": "a"})", R"({"input": "q"})", R"({"input": "q", "ideal": []})",
        R"({"input": [{"role": "robot", "content": "q"}], "ideal": "a"})", R"({"input": ["q"], "ideal": "a"})",
        R"({"input": [{"role": "user"}], "ideal": "a"})", R"({"input": "q", "ideal": {"a": 1}})", "[1]", "{"})
    expect_error([&] { load_text("evals", row); }, {"1 malformed rows of 1"}, 1);
}

// Twelve synsets, of which four are held out.
void write_synsets(const TemporaryFolder& folder) {
  std::string text = "  1 This software\n";
  for (char c = 'a'; c <= 'l'; ++c)
    text += "00001740 03 n 01 thing" + std::string(1, c) + " 0 001 @ 00001740 n 0000 | a kind of thing number " +
            std::string(1, c) + "  \n";
  write(folder / "data.noun", text);
}

TEST(WordNetTasks, AreWhatTrainingLeftOut) {
  const TemporaryFolder folder;
  write_synsets(folder);
  WordNetOptions options;
  options.folder = folder.path();
  options.held_out = 4, options.seed = 3;
  const WordNetSplit split = split_wordnet(options);
  EvalTask task = task_of("wordnet-gloss", folder.path());
  task.wordnet.held_out = 4, task.wordnet.seed = 3;
  const TaskData gloss = load_task(task);
  ASSERT_EQ(gloss.samples.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(gloss.samples[i].messages.at(0).content, wordnet_question(split.held_out[i].first));
    EXPECT_EQ(gloss.samples[i].truth.text, split.held_out[i].second);
  }
  task.dataset = "wordnet-choice";
  const TaskData choice = load_task(task);
  ASSERT_EQ(choice.samples.size(), split.questions.size());
  for (std::size_t i = 0; i < choice.samples.size(); ++i) {
    EXPECT_EQ(choice.samples[i].options, split.questions[i].choices);
    EXPECT_EQ(choice.samples[i].truth.options, (std::vector<int>{static_cast<int>(split.questions[i].answer)}));
    EXPECT_NE(choice.samples[i].messages.at(0).content.find(split.questions[i].text), std::string::npos);
  }
  task.limit.first = 2;
  EXPECT_EQ(load_task(task).samples.size(), 2U);
  task.wordnet.held_out = 40;
  EXPECT_THROW(load_task(task), Error);
  task.data_path = "/no/such/folder";
  expect_error([&] { load_task(task); }, {"/no/such/folder/data.noun", "wordnet-base"}, 1);
}

TEST(RowFields, NamesWhatItFound) {
  const Row row = Row::parse(
      R"({"t": "x", "n": 3, "f": 2.0, "h": 2.5, "d": " 12 ", "z": null, "l": ["a", 1], "o": {"k": 1}, "b": true,
          "big": 18446744073709551615, "long": "0123456789012345678901234567890123456789012345678901234567890123456789"})");
  const RowFields fields(row);
  EXPECT_EQ(fields.text("n"), "3");
  EXPECT_EQ(fields.text("b"), "True");
  EXPECT_EQ(fields.integer("f"), 2);
  EXPECT_EQ(fields.integer("d"), 12);
  EXPECT_EQ(fields.text_or("z", "-"), "-");
  EXPECT_EQ(fields.texts("l"), (Texts{"a", "1"}));
  EXPECT_EQ(fields.texts("t"), (Texts{"x"}));
  EXPECT_FALSE(fields.has("z"));
  EXPECT_EQ(fields.show("long").size(), 60U);
  const auto problem = [](const std::function<void()>& action) {
    try {
      action();
    } catch (const FieldProblem& found) {
      return found.field + " " + found.found;
    }
    return std::string("none");
  };
  EXPECT_EQ(problem([&] { fields.text("q"); }), "q no such field");
  EXPECT_EQ(problem([&] { fields.text("z"); }), "z null");
  EXPECT_EQ(problem([&] { fields.text("o"); }), "o {\"k\":1}");
  EXPECT_EQ(problem([&] { fields.integer("h"); }), "h 2.5");
  EXPECT_EQ(problem([&] { fields.integer("big"); }), "big 18446744073709551615");
  EXPECT_EQ(problem([&] { fields.integer("t"); }), "t \"x\"");
  EXPECT_EQ(problem([&] { fields.texts("o"); }), "o {\"k\":1}");
  EXPECT_EQ(problem([&] { fields.choices("t"); }), "t \"x\"");
  EXPECT_EQ(show_text("ééééééééééééééééééééééééééééééé"), "éééééééééééééééééééééééééééé...") << "whole characters";
}

}  // namespace
}  // namespace c2c
