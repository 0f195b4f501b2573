// What a reply, or scores of options, are worth: fields of a result by the truth of its sample.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "c2c/eval/results/sample_result.h"
#include "c2c/eval/tasks/load_task.h"

namespace c2c {

// Method generate: sets predicted and score from result.reply.
void grade_reply(const TaskData& data, const EvalTask& task, const EvalSample& sample, SampleResult& result);
// Method logits: `logits` of the option letters, A first.
void grade_letters(const EvalSample& sample, std::span<const float> logits, SampleResult& result);
// Method loglikelihood: of each option, in nats, and how many tokens it had.
struct OptionLikelihood {
  double logprob = 0;
  std::int64_t tokens = 0;
};
void grade_options(const EvalSample& sample, std::span<const OptionLikelihood> options, SampleResult& result);

// The texts that log-likelihood compares. Throws kInput where the sample has none, or no single right one.
const std::vector<std::string>& option_texts(const EvalSample& sample);

}  // namespace c2c
