#include "c2c/train/data/extract.h"

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/text/chat/jinja_text.h"

namespace c2c {
namespace {

constexpr std::size_t kMaxChoices = 100;

[[noreturn]] void fail_field(const std::string& field, const std::string& found, const std::string& expected) {
  fail_input({.key = field, .found = found, .expected = expected});
}

const Row& required(const Row& row, const std::string& field) {
  const auto found = row.find(field);
  if (found == row.end() || found->is_null()) fail_field(field, found == row.end() ? "nothing" : "null", "a value");
  return *found;
}

const Row& required_list(const Row& row, const std::string& field) {
  const Row& list = required(row, field);
  if (!list.is_array()) fail_field(field, std::string("a JSON ") + list.type_name(), "a list");
  return list;
}

// `from`, or where that is missing or empty `role`.
std::string role_of(const Row& message, const std::string& field) {
  if (!message.is_object()) fail_field(field, std::string("a JSON ") + message.type_name(), "messages");
  for (const char* key : {"from", "role"})
    if (const auto role = message.find(key);
        role != message.end() && role->is_string() && !role->get_ref<const std::string&>().empty())
      return role->get<std::string>();
  return {};
}
bool is_user(const std::string& role) {
  return role == "human" || role == "user";
}
bool is_assistant(const std::string& role) {
  return role == "gpt" || role == "assistant";
}

Messages exchange(std::string user, std::string assistant) {
  return {{"user", std::move(user)}, {"assistant", std::move(assistant)}};
}

// "Question: ...", the lettered choices, stripped.
std::string multiple_choice(const std::string& question, const Row& choices, const std::string& field) {
  if (choices.size() > kMaxChoices) fail_field(field, std::to_string(choices.size()) + " choices", "at most 100");
  std::string prompt = "Question: " + question + "\n\nChoices:\n";
  for (std::size_t i = 0; i < choices.size(); ++i) {
    append_utf8(prompt, static_cast<char32_t>('A' + i));
    prompt += ". " + text_of(choices[i], field) + "\n";
  }
  return stripped(prompt);
}

std::int64_t answer_index(const Row& row) {
  const Row& answer = required(row, "answer");
  if (answer.is_number_integer()) return answer.get<std::int64_t>();
  const std::string text = answer.is_string() ? answer.get<std::string>() : "";
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != text.npos)
    fail_field("answer", answer.dump(-1, ' ', false, Row::error_handler_t::replace), "the index of a choice");
  return std::stoll(text);
}

// Python's repr of a float, from the shortest digits that give it back.
std::string python_float(double number) {
  std::string text = Row(number).dump();
  if (text == "null") return number != number ? "nan" : number > 0 ? "inf" : "-inf";
  return text;
}

}  // namespace

std::string text_of(const Row& value, const std::string& field) {
  switch (value.type()) {
    case Row::value_t::null:
      return {};
    case Row::value_t::string:
      return value.get<std::string>();
    case Row::value_t::boolean:
      return value.get<bool>() ? "True" : "False";
    case Row::value_t::number_integer:
    case Row::value_t::number_unsigned:
      return value.dump();
    case Row::value_t::number_float:
      return python_float(value.get<double>());
    default:
      fail_field(field, std::string("a JSON ") + value.type_name(), "a text");
  }
}

std::string text_field(const Row& row, const std::string& field) {
  return text_of(required(row, field), field);
}

std::string optional_text_field(const Row& row, const std::string& field) {
  const auto found = row.find(field);
  return found == row.end() ? std::string() : text_of(*found, field);
}

std::string stripped(std::string_view text) {
  return std::string(jinja::strip(text, std::nullopt, true, true));
}

Messages openhermes_messages(const Row& row, const std::string& field) {
  Messages messages;
  for (const Row& message : required_list(row, field)) {
    const std::string role = role_of(message, field);
    if (is_user(role)) messages.push_back({"user", stripped(optional_text_field(message, "value"))});
    if (is_assistant(role)) messages.push_back({"assistant", optional_text_field(message, "value")});
  }
  return messages;
}

std::int64_t count_turns(const Row& row, const std::string& field) {
  std::int64_t count = 0;
  for (const Row& message : required_list(row, field)) {
    const std::string role = role_of(message, field);
    count += is_user(role) || is_assistant(role) ? 1 : 0;
  }
  return count;
}

Messages mmlu_messages(const Row& row) {
  const Row& choices = required_list(row, "choices");
  const std::int64_t answer = answer_index(row);
  if (answer < 0 || answer >= static_cast<std::int64_t>(choices.size()))
    fail_field("answer", std::to_string(answer), "the index of one of " + std::to_string(choices.size()) + " choices");
  std::string reply = "The correct answer is ";
  append_utf8(reply, static_cast<char32_t>('A' + answer));
  return exchange(multiple_choice(text_field(row, "question"), choices, "choices"), reply + ".");
}

Messages openbook_messages(const Row& row) {
  const Row& choices = required(row, "choices");
  if (!choices.is_object()) fail_field("choices", std::string("a JSON ") + choices.type_name(), "an object with text");
  const Row& texts = required_list(choices, "text");
  if (texts.size() > 4) fail_field("choices.text", std::to_string(texts.size()) + " choices", "at most four");
  return exchange(multiple_choice(text_field(row, "question_stem"), texts, "choices.text"),
                  "The correct answer is " + text_field(row, "answerKey") + ".");
}

Messages mmlu_cot_messages(const Row& row) {
  return exchange(stripped(text_field(row, "question")), text_field(row, "chain_of_thoughts"));
}

Messages generated_messages(const Row& row) {
  return exchange(stripped(optional_text_field(row, "input_text")), text_field(row, "model_response"));
}

Messages dolly_messages(const Row& row) {
  const std::string instruction = stripped(optional_text_field(row, "instruction"));
  const std::string context = stripped(optional_text_field(row, "context"));
  return exchange(stripped(context.empty() ? instruction : context + "\n\n" + instruction),
                  stripped(optional_text_field(row, "response")));
}

Messages mmmlu_messages(const Row& row) {
  constexpr std::string_view kPrompt =
      "Jibu kwa usahihi swali lifuatalo:\n\n{{question}}\n\nChaguo:\n{{choices}}\n\nMaelekezo:\n"
      "- Soma swali na chaguo zote kwa makini.\n- Chagua jibu sahihi zaidi kati ya yaliyotolewa.\n"
      "- Jibu TU kwa herufi (A, B, C, D) inayolingana na jibu sahihi.\n"
      "- Usijumuishe maelezo, maandishi ya ziada, au alama yoyote ya uakifishaji.\n\nJibu lako:";
  std::string choices;
  for (const char* letter : {"A", "B", "C", "D"})
    choices += std::string(letter) + ". " + optional_text_field(row, letter) + "\n";
  const std::string prompt = jinja::replace(jinja::replace(kPrompt, "{{choices}}", choices, -1), "{{question}}",
                                            optional_text_field(row, "Question"), -1);
  const std::string answer = text_field(row, "Answer");
  return exchange(stripped(prompt), "**Jibu lako: " + answer + ". " + optional_text_field(row, answer) + ".**");
}

Messages pair_messages(const Row& row) {
  return exchange(stripped(optional_text_field(row, "inputs")), stripped(optional_text_field(row, "targets")));
}

std::string first_answer(const Row& row) {
  const auto answers = row.find("answers");
  if (answers == row.end() || !answers->is_array() || answers->empty()) return "No answer provided";
  return stripped(text_of(answers->front(), "answers"));
}

Messages longbench_pair_messages(const Row& row) {
  const std::string context = optional_text_field(row, "context");
  const std::string instruction = "Instruction: " + optional_text_field(row, "input");
  return exchange(stripped(context.empty() ? instruction : "Context: " + context + "\n\n" + instruction),
                  first_answer(row));
}

Messages chat_messages(const Row& row) {
  Messages messages;
  if (row.contains("messages")) {
    const Row& list = required_list(row, "messages");
    // Parts, calls of tools: the parser of messages knows what may stand there.
    for (const Row& message : list)
      if (!message.is_object() || message.size() != 2 || !message.contains("content") ||
          !message["content"].is_string())
        return messages_from_json(list.dump());
    for (const Row& message : list) messages.push_back({text_field(message, "role"), message["content"]});
    return messages;
  }
  for (const Row& message : required_list(row, "conversations")) {
    const std::string role = role_of(message, "conversations");
    if (role != "system" && !is_user(role) && !is_assistant(role))
      fail_field("conversations", role.empty() ? "a message without `from`" : role, "human, gpt or system");
    messages.push_back({is_user(role)        ? "user"
                        : is_assistant(role) ? "assistant"
                                             : "system",
                        text_field(message, "value")});
  }
  return messages;
}

std::string mmlu_text(const Row& row) {
  std::string text = optional_text_field(row, "question") + " ";
  const auto choices = row.find("choices");
  if (choices != row.end()) {
    const Row& list = choices->is_object() ? required_list(*choices, "text") : *choices;
    for (std::size_t i = 0; i < list.size(); ++i) text += (i > 0 ? " " : "") + text_of(list[i], "choices");
  }
  return stripped(text);
}

namespace {

// The first message whose role passes, else the message at `otherwise`, else nothing.
template <class Test>
std::string first_message(const Row& row, const std::string& field, Test test, std::size_t otherwise) {
  const auto found = row.find(field);
  if (found == row.end() || !found->is_array()) return {};
  for (const Row& message : *found)
    if (test(role_of(message, field))) return optional_text_field(message, "value");
  return found->size() > otherwise ? optional_text_field((*found)[otherwise], "value") : std::string();
}

}  // namespace

std::string conversation_text(const Row& row, const std::string& field) {
  return first_message(row, field, [](const std::string&) { return true; }, 0);
}

std::string first_user_message(const Row& row, const std::string& field) {
  return first_message(row, field, is_user, 0);
}

std::string first_assistant_message(const Row& row, const std::string& field) {
  return first_message(row, field, is_assistant, 1);
}

std::string instruction_text(const Row& row) {
  const auto instruction = row.find("instruction");
  std::string inputs = optional_text_field(row, "inputs");
  if (instruction == row.end() || instruction->is_null()) return inputs;
  return text_of(*instruction, "instruction") + "\n\n" + inputs;
}

}  // namespace c2c
