#include "c2c/eval/grading/numbers.h"
#include "c2c/eval/tasks/benchmark.h"
#include "c2c/train/data/extract.h"

namespace c2c {
namespace {

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
  const std::optional<std::string> truth = grading::gsm8k_truth(answer, context.task.mode);
  if (!truth || truth->empty())
    throw FieldProblem{"answer", show_text(answer), "a solution that ends in #### and the number"};
  return math_draft(row.text("question"), *truth);
}

}  // namespace c2c
