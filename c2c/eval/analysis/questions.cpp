#include "c2c/eval/analysis/questions.h"

#include "c2c/base/error.h"
#include "c2c/base/utf8.h"
#include "c2c/eval/tasks/load_task.h"
#include "c2c/io/formats/source.h"
#include "c2c/io/tables/row_source.h"
#include "c2c/train/data/extract.h"

namespace c2c {
namespace {

constexpr std::size_t kMostBytes = std::size_t{16} << 20;

void require_some(const std::vector<Question>& questions, const std::string& where) {
  if (questions.empty()) fail_input({.where = where, .found = "no question", .expected = "one at least"});
}

std::vector<Question> questions_of_lines(const std::filesystem::path& file, std::int64_t most) {
  const std::string text = read_text_file(file, kMostBytes);
  if (!is_valid_utf8(text))
    fail_input({.where = file.string(), .found = "bytes that are not UTF-8", .expected = "a question on each line"});
  std::vector<Question> questions;
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < text.size() && std::ssize(questions) < most;) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string question = stripped(std::string_view(text).substr(begin, end - begin));
    ++line;
    if (!question.empty()) questions.push_back({"line " + std::to_string(line), {{"user", question}}});
    begin = end + 1;
  }
  return questions;
}

Messages messages_of(const Row& row, const std::string& where) {
  for (const char* field : {"question", "prompt", "text"})
    if (row.contains(field)) return {{"user", text_field(row, field)}};
  if (!row.contains("messages") && !row.contains("conversations"))
    fail_input({.where = where,
                .found = "none of them",
                .expected = "a field question, prompt, text, messages or conversations"});
  Messages messages = chat_messages(row);
  if (!messages.empty() && messages.back().role == "assistant") messages.pop_back();
  return messages;
}

}  // namespace

std::vector<Question> read_questions(const std::filesystem::path& file, std::int64_t most) {
  std::vector<Question> questions;
  if (!is_table_file(file)) {
    questions = questions_of_lines(file, most);
  } else {
    const auto rows = open_rows(file);
    for (std::int64_t i = 0; i < rows->size() && std::ssize(questions) < most; ++i) {
      const std::string id = "row " + std::to_string(i + 1);
      Messages messages = messages_of(rows->row(i), file.string() + ", " + id);
      if (!messages.empty() && !messages.back().content.empty()) questions.push_back({id, std::move(messages)});
    }
  }
  require_some(questions, file.string());
  return questions;
}

std::vector<Question> task_questions(const std::string& dataset, const std::string& data_path, std::int64_t most) {
  EvalTask task;
  task.dataset = dataset;
  task.data_path = data_path;
  task.limit.first = most;
  std::vector<Question> questions;
  for (const EvalSample& sample : load_task(task).samples) {
    if (std::ssize(questions) >= most) break;
    questions.push_back({sample.id, with_shots(sample)});
  }
  require_some(questions, "task " + dataset);
  return questions;
}

}  // namespace c2c
