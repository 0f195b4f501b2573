// What the analyses that run models ask.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "c2c/text/chat/chat_template.h"

namespace c2c {

struct Question {
  std::string id;
  Messages messages;  // the prompt
};

// A text file has a question a line (empty ones are no questions). A table (.jsonl, .json, .csv, .parquet, ...) has
// rows with `question`, `prompt` or `text`, or a conversation (`messages`, `conversations`), whose last reply is left
// out. The first `most`. Throws kInput where there is none, naming file and line of what cannot be read.
std::vector<Question> read_questions(const std::filesystem::path& file, std::int64_t most);
// The prompts of a benchmark (docs/evaluation.md); `data_path`: where its rows are, if not in its repository.
std::vector<Question> task_questions(const std::string& dataset, const std::string& data_path, std::int64_t most);

}  // namespace c2c
