#include "c2c/eval/analysis/disturbed_sample.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "c2c/base/error.h"
#include "c2c/eval/runs/grade.h"
#include "c2c/infer/pipelines/fused_plan.h"
#include "c2c/rosetta/oracle.h"

namespace c2c {
namespace {

PlannedPrompt planned(const Assignment& all, const EvalSample& sample, const EvalSample& other) {
  const Voice& voice = all.contender.answerer();
  const bool is_control = all.contender.is_control();
  const Prompt mine = answer_prompt(all, sample, nullptr), theirs = answer_prompt(all, other, nullptr);
  // A token must be left that reads the cache: without a lead that is the prompt's last.
  const FusedPart part{.proportion = all.task.kv_cache_proportion,
                       .from_back = all.task.kv_cache_order_mode == "back",
                       .whole = all.method == "logits" && !all.task.response_text.empty()};
  return plan_prompt(*voice.session, voice.mode, mine, is_control ? &theirs : nullptr, part);
}

}  // namespace

DisturbedSample::DisturbedSample(const Assignment& assignment, const EvalSample& sample, const EvalSample& other,
                                 bool whole_prompt)
    : assignment_(assignment), sample_(sample) {
  const PlannedPrompt prompt = planned(assignment, sample, other);
  const std::string& lead = assignment.task.response_text;
  if (assignment.method == "logits") {
    plans_.push_back(with_lead(prompt, lead));
  } else {
    const std::string space = option_space(assignment.task, sample.plain_text);
    for (const std::string& text : option_texts(sample)) {
      PlannedReply reply = with_reply(prompt, lead, space + text, /*takes_space=*/true);
      plans_.push_back(std::move(reply.plan));
      scored_.push_back(reply.scored);
    }
  }
  // What is kept must be the same whatever is read behind it: a reply may change the prompt's last token. And the token
  // before a reply is read.
  std::int64_t same = shared_begin(plans_);
  for (std::size_t i = 0; i < scored_.size(); ++i) same = std::min(same, std::ssize(plans_[i].ids) - scored_[i] - 1);
  const auto [first, last] = prompt.tokens_of(sample.question);
  is_whole_ = whole_prompt || last <= first;
  const std::int64_t fused = last_fused_end(prompt.plan);
  const std::int64_t question_end = is_whole_ ? same : std::min(same, column_of_token(prompt.plan, last - 1) + 1);
  const std::int64_t kept = std::max(question_end, fused);
  if (kept > same)
    fail_usage({.where = "sample " + sample.id,
                .found = "a reply that changes tokens that are fused",
                .expected = "one that begins behind them"});
  cache_ = std::make_unique<PromptCache>(*assignment.contender.answerer().speaker().rosetta, plans_.front(), kept);
  begin_ = is_whole_ ? 0 : std::min(column_of_token(prompt.plan, first), question_end - 1);
  end_ = question_end;
}

RosettaState DisturbedSample::read_by(const Rosetta& source) const {
  RosettaState state;
  const at::NoGradGuard no_grad;
  read_alone(source, {plans_.front()}, state);
  return state;
}

double DisturbedSample::score() {
  SampleResult result;
  const std::vector<at::Tensor> answers = cache_->answers(plans_);
  if (assignment_.method == "logits") {
    const at::Tensor& logits_NV = answers.front();
    grade_letters(sample_, letter_logits(assignment_, sample_, logits_NV[logits_NV.size(0) - 1]), result);
    return result.score;
  }
  std::vector<OptionLikelihood> options;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const std::int64_t tokens = answers[i].size(0), first = tokens - scored_[i];
    const at::Tensor logprobs_NV = answers[i].slice(0, first - 1, tokens - 1).log_softmax(-1);
    OptionLikelihood& option = options.emplace_back();
    option.tokens = scored_[i];
    for (std::int64_t t = 0; t < scored_[i]; ++t) {
      const std::int64_t id = plans_[i].ids[static_cast<std::size_t>(cache_->kept() + first + t)];
      option.logprob += logprobs_NV[t][id].item<double>();
    }
  }
  grade_options(sample_, options, result);
  return result.score;
}

void require_same_cache(const Voice& voice, Session& source) {
  const auto shown = [](const KvGeometry& g) {
    return std::to_string(g.layers) + " layers of " + std::to_string(g.kv_heads) + " kv heads of " +
           std::to_string(g.head_dim);
  };
  if (!same_vocabulary(*voice.text().tokenizer, *source.receiver_text().tokenizer))
    fail_usage({.where = "analyze sensitivity",
                .key = "--source",
                .found = source.receiver_text().name + ", another vocabulary",
                .expected = "that of " + voice.text().name + ": both read the same ids"});
  const KvGeometry mine = voice.speaker().rosetta->receiver().kv_geometry();
  const KvGeometry theirs = source.speaker("receiver").rosetta->receiver().kv_geometry();
  if (mine.layers != theirs.layers || mine.kv_heads != theirs.kv_heads || mine.head_dim != theirs.head_dim)
    fail_usage({.where = "analyze sensitivity", .key = "--source", .found = shown(theirs), .expected = shown(mine)});
}

}  // namespace c2c
