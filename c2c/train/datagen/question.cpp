#include "c2c/train/datagen/question.h"

#include <array>

#include "c2c/base/content_hash.h"
#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/io/config/assign.h"
#include "c2c/train/data/extract.h"

namespace c2c {
namespace {

constexpr std::size_t kMaxChoices = 100;

// create_mmlu.py, build_mmlu_prompt: before and behind the question and its lettered choices.
constexpr const char* kMmluHead = "Accurately answer the following question:\n\n";
constexpr const char* kMmluChoices = "\n\nChoices:\n";
constexpr const char* kMmluTail =
    "\n\nInstructions:\n"
    "- Carefully read the question and all options.\n"
    "- Let's think step by step and you must explain your reasoning briefly.\n"
    "- Then give the final answer.\n"
    "- Keep your response within 150 words.";

std::optional<Question> ask(std::string stored, std::string asked) {
  if (asked.empty()) return std::nullopt;
  return Question{std::move(stored), {{"user", std::move(asked)}}};
}
std::optional<Question> ask(const std::string& text) {
  return ask(text, text);
}

// At least one of these columns must be there: else the table is another one, and every row would be skipped.
void require_any(const Row& row, const char* one, const char* other = nullptr) {
  if (row.contains(one) || (other != nullptr && row.contains(other))) return;
  fail_input({.key = one, .found = "no such column", .expected = other == nullptr ? "" : std::string("or ") + other});
}

// The list in a field; null and a missing field are an empty one, as in the scripts.
const Row& list_of(const Row& row, const char* field) {
  static const Row kNone = Row::array();
  const auto found = row.find(field);
  if (found == row.end() || found->is_null()) return kNone;
  if (!found->is_array())
    fail_input({.key = field, .found = std::string("a JSON ") + found->type_name(), .expected = "a list"});
  return *found;
}

std::optional<Question> read_dolly(const Row& row) {
  require_any(row, "instruction", "context");
  const std::string instruction = stripped(optional_text_field(row, "instruction"));
  const std::string context = stripped(optional_text_field(row, "context"));
  if (instruction.empty() && context.empty()) return std::nullopt;
  return ask(context.empty() ? instruction : context + "\n\n" + instruction);
}

std::optional<Question> read_gsm8k(const Row& row) {
  require_any(row, "question");
  return ask(stripped(optional_text_field(row, "question")));
}

std::optional<Question> read_mmlu(const Row& row) {
  require_any(row, "question");
  const std::string question = stripped(optional_text_field(row, "question"));
  const Row& choices = list_of(row, "choices");
  if (question.empty() || choices.empty()) return std::nullopt;
  if (choices.size() > kMaxChoices)
    fail_input({.key = "choices", .found = std::to_string(choices.size()), .expected = "at most 100"});
  std::string prompt = kMmluHead + question + kMmluChoices;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) prompt += '\n';
    append_utf8(prompt, static_cast<char32_t>('A' + i));
    prompt += ". " + text_of(choices[i], "choices");
  }
  return ask(prompt + kMmluTail);
}

// The first message, whoever wrote it; stored as it is, asked without white space around it.
std::optional<Question> read_openhermes(const Row& row) {
  require_any(row, "conversations");
  const Row& messages = list_of(row, "conversations");
  if (messages.empty()) return std::nullopt;
  if (!messages[0].is_object())
    fail_input({.key = "conversations", .found = messages[0].type_name(), .expected = "messages"});
  const std::string text = optional_text_field(messages[0], "value");
  return ask(text, stripped(text));
}

// A chat up to its last question; a reply at its end is what the teacher writes anew.
std::optional<Question> read_chat(const Row& row) {
  Question question{.input_text = {}, .messages = chat_messages(row)};
  Messages& messages = question.messages;
  while (!messages.empty() && messages.back().role == "assistant") messages.pop_back();
  if (messages.empty() || messages.back().role != "user" || stripped(messages.back().content).empty())
    return std::nullopt;
  for (const Message& message : messages)
    question.input_text += (question.input_text.empty() ? "" : "\n\n") + message.content;
  return question;
}

constexpr std::array kKinds = {
    QuestionKind{"dolly", "databricks/databricks-dolly-15k", "", "train", "Dolly_generated_results.csv", 32768,
                 read_dolly},
    QuestionKind{"gsm8k", "openai/gsm8k", "main", "train", "GSM8K_generated_results.csv", 2048, read_gsm8k},
    // The reference's default split, train, does not exist.
    QuestionKind{"mmlu", "cais/mmlu", "all", "auxiliary_train", "MMLU_generated_results.csv", 2048, read_mmlu},
    QuestionKind{"openhermes", "teknium/OpenHermes-2.5", "", "train", "OpenHermes_generated_results.csv", 32768,
                 read_openhermes},
    QuestionKind{"chat", "", "", "train", "generated_results.csv", 2048, read_chat},
};

}  // namespace

std::span<const QuestionKind> question_kinds() {
  return kKinds;
}

const QuestionKind& question_kind(const std::string& name) {
  std::vector<std::string> names;
  std::string all;
  for (const QuestionKind& kind : kKinds) {
    if (name == kind.name) return kind;
    names.emplace_back(kind.name);
    all += (all.empty() ? "" : ", ") + names.back();
  }
  const std::string near = nearest_name(name, names);
  fail_usage({.where = "--type",
              .found = name.empty() ? "nothing" : name,
              .expected = all,
              .hint = near.empty() ? "" : "did you mean " + near + "?"});
}

std::string question_id(const QuestionKind& kind, std::int64_t row) {
  std::string number = std::to_string(row);
  if (number.size() < 6) number.insert(0, 6 - number.size(), '0');
  return std::string(kind.name) + "_" + number;
}

std::string question_key(const Question& question) {
  ContentHash hash;
  hash.add(question.input_text);
  for (const Message& message : question.messages) {
    hash.add(message.role);
    hash.add(message.content);
  }
  return hash.hex();
}

}  // namespace c2c
