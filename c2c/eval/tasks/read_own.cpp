// Formats for anything local: samples of OpenAI evals, chats, multiple-choice questions; and the WordNet tasks, which
// are made in memory in the latter two.
#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/eval/tasks/evals_registry.h"
#include "c2c/eval/tasks/option_lines.h"
#include "c2c/eval/tasks/read_choices.h"
#include "c2c/train/data/extract.h"
#include "c2c/train/data/wordnet.h"

namespace c2c {
namespace {

// In OpenAI's chat format examples are system messages with the names example_user and example_assistant.
std::string role_of(const RowFields& message, const std::string& place) {
  const std::string role = message.text("role"), name = message.text_or("name", "");
  if (name == "example_user") return "user";
  if (name == "example_assistant") return "assistant";
  if (role != "system" && role != "user" && role != "assistant")
    throw FieldProblem{place + ".role", show_text(role), "system, user or assistant"};
  return role;
}

Messages evals_messages(const Row& list, const std::string& field) {
  if (list.is_string()) return {{"user", list.get<std::string>()}};
  if (!list.is_array() || list.empty()) throw FieldProblem{field, list.type_name(), "a text or a list of messages"};
  Messages messages;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string place = field + "[" + std::to_string(i) + "]";
    if (!list[i].is_object()) throw FieldProblem{place, list[i].type_name(), "a message"};
    const RowFields message(list[i]);
    messages.push_back({role_of(message, place), message.text("content")});
  }
  return messages;
}

// Chat templates want a user: where a set has none, the last system message is the question.
void ensure_user(Messages& messages) {
  const auto is_user = [](const Message& message) { return message.role == "user"; };
  if (std::none_of(messages.begin(), messages.end(), is_user)) messages.back().role = "user";
}

const Row& required(const RowFields& row, const std::string& field, const char* expected) {
  if (!row.has(field)) throw FieldProblem{field, row.show(field), expected};
  return row.row()[field];
}

std::vector<std::string> first_that(const RowFields& row, std::initializer_list<const char*> fields,
                                    std::string& field) {
  for (const char* name : fields)
    if (row.has(name)) {
      field = name;
      return row.choices(name).texts;
    }
  std::vector<std::string> options;
  field = "A, B, ...";
  for (char letter = 'A'; letter <= 'Z' && row.has(std::string(1, letter)); ++letter)
    if (std::string option = row.text(std::string(1, letter)); !option.empty()) options.push_back(std::move(option));
  return options;
}

// A letter, an option's whole text, or a number from 0.
std::int64_t answer_index(const RowFields& row, const std::vector<std::string>& options) {
  const Row& value = required(row, "answer", "a letter, an option's text or a number from 0");
  if (value.is_number()) return row.integer("answer");
  const std::string text = stripped(row.text("answer"));
  if (const auto letter = letter_index(text)) return *letter;
  const auto whole = std::find(options.begin(), options.end(), text);
  return whole != options.end() ? whole - options.begin() : row.integer("answer");
}

class MemoryRows final : public RowSource {
 public:
  MemoryRows(std::string name, std::vector<Row> rows) : name_(std::move(name)), rows_(std::move(rows)) {}
  std::int64_t size() const override { return static_cast<std::int64_t>(rows_.size()); }
  Row row(std::int64_t i) const override { return rows_[static_cast<std::size_t>(i)]; }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  std::vector<Row> rows_;
};

WordNetSplit wordnet_of(const EvalTask& task, std::string& where) {
  WordNetOptions options;
  if (!task.data_path.empty()) options.folder = task.data_path;
  options.part = task.wordnet.part;
  options.held_out = task.wordnet.held_out;
  options.train = 0;
  options.seed = static_cast<std::uint64_t>(task.wordnet.seed);
  where = (options.folder / ("data." + options.part)).string();
  return split_wordnet(options);
}

TaskSource memory_source_of(const std::string& where, std::vector<Row> rows) {
  TaskSource source;
  source.path = where;
  source.rows = std::make_shared<MemoryRows>(where, std::move(rows));
  return source;
}

}  // namespace

TaskSource open_evals(const EvalTask& task) {
  TaskSource source;
  source.path = task.data_path;
  const std::filesystem::path path = task.data_path;
  std::error_code error;
  const bool registry = std::filesystem::is_directory(path, error) || path.extension() == ".yaml";
  if (!path.empty() && std::filesystem::exists(path, error) && registry) {
    const EvalsSet set = find_evals_set(path, task.set);
    source.path = set.samples.string();
    source.match = set.match;
    source.ignore_case = set.ignore_case;
    if (set.num_few_shot > 0) {
      const auto rows = open_rows(set.few_shot);
      for (std::int64_t i = 0; i < std::min(rows->size(), set.num_few_shot); ++i) {
        const Row row = rows->row(i);
        const Messages shot = evals_messages(required(RowFields(row), "sample", "messages"), "sample");
        source.shots.insert(source.shots.end(), shot.begin(), shot.end());
      }
    }
  }
  if (!task.match.empty()) source.match = grading::ideal_match_named(task.match);
  return source;
}

RowDraft read_evals(const RowFields& row, const RowContext& context) {
  RowDraft draft;
  EvalSample& sample = draft.sample;
  sample.messages = evals_messages(required(row, "input", "a text or a list of messages"), "input");
  sample.truth.kind = TruthKind::kIdeals;
  sample.truth.answers = row.texts("ideal");
  if (sample.truth.answers.empty()) throw FieldProblem{"ideal", "an empty list", "a text, or several"};
  sample.truth.text = sample.truth.answers.front();
  sample.question = sample.messages.back().content;
  const std::vector<OptionLine> lines = find_option_lines(sample.question);
  NamedOption named = name_option(lines, sample.truth.text);
  if (!named.replies.empty()) {
    for (const OptionLine& line : lines) sample.options.push_back(line.text);
    sample.replies = std::move(named.replies);
    sample.truth.options = {static_cast<int>(named.index)};
  }
  const Messages& shots = context.source.shots;
  sample.messages.insert(sample.messages.end() - 1, shots.begin(), shots.end());
  ensure_user(sample.messages);
  return draft;
}

RowDraft read_chat(const RowFields& row, const RowContext&) {
  RowDraft draft;
  EvalSample& sample = draft.sample;
  sample.messages = chat_messages(row.row());
  if (sample.messages.size() < 2 || sample.messages.back().role != "assistant" ||
      sample.messages.back().content.empty())
    throw FieldProblem{"messages", sample.messages.empty() ? "none" : "the last is of " + sample.messages.back().role,
                       "a conversation that ends with an assistant's reply"};
  sample.truth.kind = TruthKind::kText;
  sample.truth.text = sample.messages.back().content;
  sample.messages.pop_back();
  sample.question = sample.messages.back().content;
  sample.subject = row.text_or("subject", "");
  return draft;
}

RowDraft read_multiple_choice(const RowFields& row, const RowContext&) {
  RowDraft draft;
  draft.sample.question = row.text("question");
  std::string field;
  std::vector<std::string> options = first_that(row, {"choices", "options"}, field);
  set_options(draft, std::move(options), field);
  set_answer(draft, answer_index(row, draft.sample.options), "answer", row.show("answer"));
  draft.sample.subject = row.text_or("subject", "");
  draft.sample.category = row.text_or("category", "");
  return draft;
}

TaskSource open_wordnet_choice(const EvalTask& task) {
  std::string where;
  const WordNetSplit split = wordnet_of(task, where);
  std::vector<Row> rows;
  for (const WordNetQuestion& question : split.questions)
    rows.push_back({{"question", question.text}, {"choices", question.choices}, {"answer", question.answer}});
  return memory_source_of(where, std::move(rows));
}

TaskSource open_wordnet_gloss(const EvalTask& task) {
  std::string where;
  const WordNetSplit split = wordnet_of(task, where);
  std::vector<Row> rows;
  for (const WordGloss& pair : split.held_out)
    rows.push_back({{"messages", Row::array({{{"role", "user"}, {"content", wordnet_question(pair.first)}},
                                             {{"role", "assistant"}, {"content", pair.second}}})}});
  return memory_source_of(where, std::move(rows));
}

}  // namespace c2c
