#include "c2c/eval/tasks/read_choices.h"

#include <algorithm>

#include "c2c/train/data/extract.h"

namespace c2c {
namespace {

const char* const kFour[] = {"A", "B", "C", "D"};

// A letter that must name an option. Empty or missing: the row is left out.
void take_letter(RowDraft& draft, const RowFields& row, const std::string& field) {
  const std::string key = row.text_or(field, "");
  if (key.empty()) {
    draft.left_out = "no " + field;
    return;
  }
  const auto index = letter_index(key);
  set_answer(draft, index.value_or(-1), field, row.show(field));
}

// Every option that a text such as "A", "2" or "B and C" names: digits from 0, letters, or one option's whole text.
// Empty where it says anything else: the column holds what an annotator wrote. Throws for one letter or digit that is
// no option.
std::vector<int> named_options(const RowDraft& draft, const RowFields& row) {
  const std::string text = stripped(row.text("correct_answer"));
  const std::vector<std::string>& options = draft.sample.options;
  const auto whole = std::find(options.begin(), options.end(), text);
  if (whole != options.end()) return {static_cast<int>(whole - options.begin())};
  std::vector<int> named;
  std::string word;
  for (const char c : text + " ") {
    const bool in_word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c & 0x80) != 0;
    if (in_word) word += c;
    if (in_word || word.empty()) continue;
    const int index = word[0] >= '0' && word[0] <= '9' ? word[0] - '0' : word[0] - 'A';
    const bool is_option = word.size() == 1 && index >= 0 && index < static_cast<int>(options.size());
    if (is_option && std::find(named.begin(), named.end(), index) == named.end()) named.push_back(index);
    if (!is_option && text.size() == 1)
      throw FieldProblem{"correct_answer", text, "an option from 0 to " + std::to_string(options.size() - 1)};
    if (!is_option && word != "and" && word != "or") return {};
    word.clear();
  }
  std::sort(named.begin(), named.end());
  return named;
}

// As the reference reads `correct_answer`: compared as texts with "0" and "3", else the code of one character. Nothing
// where it fails on that.
std::optional<std::int64_t> reference_correct_answer(const RowFields& row) {
  const std::string text = row.text("correct_answer");
  if (text.size() != 1) return std::nullopt;
  if (text >= "0" && text <= "3") return text[0] - '0';
  return text[0] - 'A';
}

// The annotators' correction of a wrong key.
void take_correction(RowDraft& draft, const RowFields& row, bool exact) {
  constexpr const char* kField = "correct_answer";
  if (exact) {
    if (const auto index = reference_correct_answer(row))
      set_answer(draft, *index, kField, row.show(kField));
    else
      draft.left_out = "correct_answer that names no single option";
    return;
  }
  draft.sample.truth.options = named_options(draft, row);
  if (draft.sample.truth.options.empty())
    draft.left_out = "correct_answer that names no option";
  else
    draft.sample.truth.text = letter_of(draft.sample.truth.options.front());
}

}  // namespace

std::optional<std::int64_t> letter_index(const std::string& text) {
  if (text.size() != 1 || text[0] < 'A' || text[0] > 'Z') return std::nullopt;
  return text[0] - 'A';
}

std::string letter_of(std::int64_t index) {
  return std::string(1, static_cast<char>('A' + index));
}

void set_options(RowDraft& draft, std::vector<std::string> options, const std::string& field) {
  if (options.size() < 2 || options.size() > static_cast<std::size_t>(grading::kMaxOptions))
    throw FieldProblem{field, std::to_string(options.size()) + " options", "2 to 26"};
  draft.sample.options = std::move(options);
}

void set_answer(RowDraft& draft, std::int64_t index, const std::string& field, const std::string& found) {
  const auto count = static_cast<std::int64_t>(draft.sample.options.size());
  if (index < 0 || index >= count)
    throw FieldProblem{field, found,
                       "one of the " + std::to_string(count) + " options, A to " + letter_of(count - 1) + " or 0 to " +
                           std::to_string(count - 1)};
  draft.sample.truth.text = letter_of(index);
  draft.sample.truth.options = {static_cast<int>(index)};
}

RowDraft read_mmlu_redux(const RowFields& row, const RowContext& context) {
  RowDraft draft;
  draft.sample.question = row.text("question");
  set_options(draft, row.texts("choices"), "choices");
  const std::string type = row.text_or("error_type", "");
  const std::vector<std::string>& wanted = context.task.error_types;
  const bool filtered = !wanted.empty() && std::find(wanted.begin(), wanted.end(), type) == wanted.end();
  if (filtered || type == "no_correct_answer" || type == "expert") {
    draft.left_out = "error_type " + type;
    return draft;
  }
  const bool corrected = row.has("correct_answer");
  if (type == "wrong_groundtruth" && corrected) {
    take_correction(draft, row, context.exact());
    return draft;
  }
  set_answer(draft, row.integer("answer"), "answer", row.show("answer"));
  if (type == "multiple_correct_answers" && corrected && !context.exact()) {
    // The key stays the truth of the tables; the others count as right beside it.
    std::vector<int>& right = draft.sample.truth.options;
    for (const int option : named_options(draft, row))
      if (option != right.front()) right.push_back(option);
  }
  return draft;
}

RowDraft read_mmmlu(const RowFields& row, const RowContext&) {
  RowDraft draft;
  draft.sample.question = row.text("Question");
  std::vector<std::string> options;
  for (const char* letter : kFour) options.push_back(row.text(letter));
  set_options(draft, std::move(options), "A to D");
  if (row.text_or("Answer", "").empty()) {
    draft.left_out = "no Answer";
    return draft;
  }
  const auto letter = letter_index(row.text("Answer"));
  set_answer(draft, letter ? *letter : row.integer("Answer"), "Answer", row.show("Answer"));
  return draft;
}

RowDraft read_openbookqa(const RowFields& row, const RowContext&) {
  RowDraft draft;
  draft.sample.question = row.text("question_stem");
  set_options(draft, row.choices("choices").texts, "choices");
  take_letter(draft, row, "answerKey");
  return draft;
}

RowDraft read_arc(const RowFields& row, const RowContext& context) {
  RowDraft draft;
  draft.sample.question = row.text("question");
  const RowFields::Choices choices = row.choices("choices");
  set_options(draft, choices.texts, "choices");
  const std::string key = row.text_or("answerKey", "");
  const bool others = key == "E" || (key.size() == 1 && key[0] >= '1' && key[0] <= '4');
  if (context.exact() && others) {
    draft.left_out = "answerKey 1 to 4 or E";
    return draft;
  }
  const auto label = std::find(choices.labels.begin(), choices.labels.end(), key);
  if (!key.empty() && label != choices.labels.end() && !context.exact()) {
    set_answer(draft, label - choices.labels.begin(), "answerKey", row.show("answerKey"));
    return draft;
  }
  take_letter(draft, row, "answerKey");
  return draft;
}

RowDraft read_mmlu_pro(const RowFields& row, const RowContext&) {
  constexpr std::size_t kMost = 10;
  RowDraft draft;
  draft.sample.question = row.text("question");
  std::vector<std::string> options = row.texts("options");
  if (options.size() > kMost) options.resize(kMost);
  set_options(draft, std::move(options), "options");
  draft.sample.category = row.text_or("category", "");
  take_letter(draft, row, "answer");
  return draft;
}

RowDraft read_ceval(const RowFields& row, const RowContext&) {
  RowDraft draft;
  draft.sample.question = row.text("question");
  std::vector<std::string> options;
  for (const char* letter : kFour) {
    std::string option = row.text_or(letter, "");
    if (option.empty()) continue;
    if (letter_of(static_cast<std::int64_t>(options.size())) != letter)
      throw FieldProblem{letter, row.show(letter), "no option after an empty one"};
    options.push_back(std::move(option));
  }
  set_options(draft, std::move(options), "A to D");
  take_letter(draft, row, "answer");
  return draft;
}

}  // namespace c2c
