// What a teacher is asked: rows of a source as questions, by the reference's scripts (script/dataset/create_*.py,
// spec/datasets.md 5) and, beyond them, chats of one's own.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "c2c/io/tables/row_source.h"
#include "c2c/text/chat/chat_template.h"

namespace c2c {

struct Question {
  std::string input_text;  // as it is stored beside the reply
  Messages messages;       // what the teacher reads
};

struct QuestionKind {
  const char* name;        // dolly, gsm8k, mmlu, openhermes, chat
  const char* repository;  // read where no input is named; empty: one must be named
  const char* config;
  const char* split;
  const char* table;            // name of the CSV file, the reference's
  std::int64_t max_new_tokens;  // the reference's default
  // Nothing: the row asks nothing (empty texts), which the reference skips. Throws kInput where fields are missing or
  // of another type.
  std::optional<Question> (*read)(const Row& row);
};

std::span<const QuestionKind> question_kinds();
// Throws kUsage, with the nearest name.
const QuestionKind& question_kind(const std::string& name);

// "dolly_000012": by the row in the source, whichever rows are asked.
std::string question_id(const QuestionKind& kind, std::int64_t row);
// Tells questions apart: a hash of all that the teacher reads and all that is stored.
std::string question_key(const Question& question);

}  // namespace c2c
