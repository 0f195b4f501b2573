#include <algorithm>

#include "c2c/eval/tasks/benchmark.h"
#include "c2c/train/data/extract.h"

namespace c2c {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The first match of [-+]?\d+(?:\.\d+)?, or all of `text`.
std::string first_number(const std::string& text) {
  const auto digit = std::find_if(text.begin(), text.end(), is_digit);
  if (digit == text.end()) return text;
  auto begin = digit, end = std::find_if_not(digit, text.end(), is_digit);
  if (begin != text.begin() && (begin[-1] == '-' || begin[-1] == '+')) --begin;
  if (end != text.end() && *end == '.' && end + 1 != text.end() && is_digit(end[1]))
    end = std::find_if_not(end + 1, text.end(), is_digit);
  return {begin, end};
}

RowDraft math_draft(std::string question, std::string truth) {
  RowDraft draft;
  draft.sample.question = std::move(question);
  draft.sample.truth.kind = TruthKind::kMath;
  draft.sample.truth.text = std::move(truth);
  return draft;
}

}  // namespace

RowDraft read_math500(const RowFields& row, const RowContext&) {
  RowDraft draft = math_draft(row.text("problem"), {});
  if (row.has("answer"))
    draft.sample.truth.text = stripped(row.text("answer"));
  else
    draft.left_out = "no answer";
  draft.sample.category = row.text_or("subject", "");
  return draft;
}

RowDraft read_gsm8k(const RowFields& row, const RowContext& context) {
  const std::string answer = row.text("answer");
  const std::size_t mark = answer.rfind("####");
  if (mark == answer.npos)
    throw FieldProblem{"answer", show_text(answer), "a solution that ends in #### and the number"};
  std::string tail = stripped(answer.substr(mark + 4));
  if (!context.exact()) std::erase_if(tail, [](char c) { return c == ',' || c == '$'; });
  if (tail.empty()) throw FieldProblem{"answer", show_text(answer), "a number after ####"};
  return math_draft(row.text("question"), first_number(tail));
}

}  // namespace c2c
