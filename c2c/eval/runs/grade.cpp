#include "c2c/eval/runs/grade.h"

#include <algorithm>
#include <cmath>

#include "c2c/base/error.h"
#include "c2c/eval/grading/ideals.h"
#include "c2c/eval/grading/letters.h"
#include "c2c/eval/grading/longbench.h"
#include "c2c/eval/grading/math.h"
#include "c2c/eval/grading/options.h"

namespace c2c {
namespace {

std::string letter_of(std::size_t option) {
  return std::string(1, static_cast<char>('A' + option));
}

// One of the right options, or the letter that the data says.
bool is_right(const EvalSample& sample, const std::string& letter) {
  if (sample.truth.options.empty()) return letter == sample.truth.text;
  return std::any_of(sample.truth.options.begin(), sample.truth.options.end(),
                     [&](int option) { return letter == letter_of(static_cast<std::size_t>(option)); });
}

void grade_letter(const TaskData& data, const EvalTask& task, const EvalSample& sample, SampleResult& result) {
  const int options = sample.options.empty() ? data.options : static_cast<int>(sample.options.size());
  const auto letter = grading::extract_letter(result.reply, task.mode, std::clamp(options, 1, grading::kMaxOptions));
  if (!letter) return;
  result.predicted = std::string(1, *letter);
  result.score = is_right(sample, *result.predicted) ? 1 : 0;
}

void grade_longbench(const TaskData& data, const EvalSample& sample, SampleResult& result) {
  const LongBenchRow& row = sample.longbench;
  const grading::LongBenchContext context{.classes = row.classes, .words = data.jieba.words.get()};
  result.predicted = result.reply;
  result.score = grading::longbench_sample_score(row.task, result.reply, sample.truth.answers, context);
}

void fill_longbench(const TaskData& data, const EvalSample& sample, SampleResult& result) {
  const LongBenchRow& row = sample.longbench;
  result.extra = {{"task", row.task},           {"_id", row.id},
                  {"pred", result.reply},       {"answers", sample.truth.answers},
                  {"all_classes", row.classes}, {"length", row.length}};
  const auto metric = grading::longbench_metric(row.task);
  if (metric && grading::longbench_uses_words(*metric))
    result.extra["counted_by"] = data.jieba.words != nullptr ? "words" : "characters";
}

}  // namespace

void grade_reply(const TaskData& data, const EvalTask& task, const EvalSample& sample, SampleResult& result) {
  switch (sample.truth.kind) {
    case TruthKind::kLetter:
      return grade_letter(data, task, sample, result);
    case TruthKind::kMath: {
      const auto verdict = grading::grade_math(result.reply, sample.truth.text,
                                               data.math.value_or(grading::MathTruth::kNumber), task.mode);
      if (verdict.extracted) result.predicted = verdict.answer;
      result.score = verdict.correct ? 1 : 0;
      return;
    }
    case TruthKind::kIdeals: {
      const auto verdict = grading::judge_ideals(result.reply, sample.truth.answers, data.match, data.ideal_options);
      if (verdict.correct) result.predicted = verdict.picked;
      result.score = verdict.correct ? 1 : 0;
      return;
    }
    case TruthKind::kLongBench:
      fill_longbench(data, sample, result);
      return grade_longbench(data, sample, result);
    case TruthKind::kText:
      break;
  }
  fail_usage({.where = "task " + result.task,
              .key = "answer_method",
              .found = result.method,
              .expected = "cross_entropy: these samples are texts whose probability is measured"});
}

void grade_letters(const EvalSample& sample, std::span<const float> logits, SampleResult& result) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit) - largest);
  for (const float logit : logits) result.option_scores.push_back(std::exp(static_cast<double>(logit) - largest) / sum);
  const auto best = static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  result.predicted = letter_of(best);
  result.score = is_right(sample, *result.predicted) ? 1 : 0;
}

const std::vector<std::string>& option_texts(const EvalSample& sample) {
  const auto& texts = sample.replies.empty() ? sample.options : sample.replies;
  if (texts.size() < 2 || sample.truth.options.empty())
    fail_input(
        {.where = "sample " + sample.id,
         .key = "options",
         .found = std::to_string(texts.size()) + (sample.truth.options.empty() ? ", none known to be right" : ""),
         .expected = "two or more for loglikelihood, one of them right",
         .hint = "answer_method generate needs no options"});
  return texts;
}

// Several right options: any of them counts.
void grade_options(const EvalSample& sample, std::span<const OptionLikelihood> options, SampleResult& result) {
  const auto& texts = option_texts(sample);
  std::vector<grading::OptionScore> scores;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    scores.push_back(grading::option_score(texts[i], options[i].logprob, static_cast<std::size_t>(options[i].tokens)));
    result.option_scores.push_back(options[i].logprob);
    result.option_bytes.push_back(static_cast<std::int64_t>(scores.back().bytes));
  }
  result.score = 0;
  result.score_norm = 0;
  for (const int truth : sample.truth.options) {
    const auto verdict = grading::judge_options(scores, static_cast<std::size_t>(truth));
    result.predicted = texts.size() <= 26 ? letter_of(verdict.chosen.raw) : std::to_string(verdict.chosen.raw);
    result.score = std::max(result.score, verdict.acc ? 1.0 : 0.0);
    result.score_norm = std::max(*result.score_norm, verdict.acc_norm ? 1.0 : 0.0);
  }
}

}  // namespace c2c
