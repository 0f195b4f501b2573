// Rows as messages and texts: the reference's extractors (spec/datasets.md 2 and 4). All throw kInput naming the field
// where a row lacks what its conversation needs. Values that are not texts are written as Python's str() does, but null
// is the empty text.
#pragma once
#include <string>
#include <string_view>

#include "c2c/io/tables/row_source.h"
#include "c2c/text/chat/chat_template.h"

namespace c2c {

std::string text_of(const Row& value, const std::string& field);
// The field's text; missing: an error, or empty.
std::string text_field(const Row& row, const std::string& field);
std::string optional_text_field(const Row& row, const std::string& field);
// Python's str.strip().
std::string stripped(std::string_view text);

// Lists of {from|role, value}: system and unknown roles dropped; user texts stripped, assistant texts not.
Messages openhermes_messages(const Row& row, const std::string& field = "conversations");
// human, user, gpt and assistant messages of a conversation.
std::int64_t count_turns(const Row& row, const std::string& field = "conversations");
Messages mmlu_messages(const Row& row);            // question, choices, answer (index, or its digits)
Messages openbook_messages(const Row& row);        // question_stem, choices.text, answerKey
Messages mmlu_cot_messages(const Row& row);        // question, chain_of_thoughts
Messages generated_messages(const Row& row);       // input_text, model_response
Messages dolly_messages(const Row& row);           // instruction, context, response
Messages mmmlu_messages(const Row& row);           // Question, A to D, Answer: the Swahili prompt
Messages pair_messages(const Row& row);            // inputs, targets
Messages longbench_pair_messages(const Row& row);  // input, context, answers: the simple prompt without templates
// {"messages": [{role, content}]} as it is, or {"conversations": [{from, value}]} (ShareGPT: human, gpt, system).
Messages chat_messages(const Row& row);

std::string mmlu_text(const Row& row);  // question and choices (a list, or an object with `text`), in one line
std::string conversation_text(const Row& row, const std::string& field = "conversations");  // first message
std::string first_user_message(const Row& row, const std::string& field = "conversations");
std::string first_assistant_message(const Row& row, const std::string& field = "conversations");
std::string instruction_text(const Row& row);  // instruction, blank line, inputs; or inputs

// The first of `answers`, stripped, or "No answer provided".
std::string first_answer(const Row& row);

}  // namespace c2c
